#![no_main]
//! A plan file: any bytes are read or refused, and what is read is written back the same.

use dialform::plan::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // As it is, and with a digest that fits, so that what stands behind the digest is reached too.
    let _ = file::read_bytes(bytes);
    if let Ok(body) = std::str::from_utf8(bytes)
        && let Ok(plan) = file::read(&file::seal(body))
    {
        assert_eq!(file::read(&file::write(&plan)).expect("what was written is read"), plan);
    }
});
