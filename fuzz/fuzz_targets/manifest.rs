//! Any text is a manifest or a list of problems whose places lie in it; a
//! manifest written out with its defaults means the same.

#![no_main]

use dialform::{
    manifest::{self, Disk, Read, trust::AllowedHosts},
    problem::Level,
};
use libfuzzer_sys::fuzz_target;

fn read(text: &str) -> Read {
    let mut disk = Disk { read: &mut |_| Ok(text.to_owned()), list: &mut |_, _| Ok(Vec::new()) };
    manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default())
}

fuzz_target!(|text: &str| {
    let Read { manifest, problems, sources, root: _ } = read(text);
    let is_wrong = problems.iter().any(|problem| problem.level == Level::Error);
    assert_eq!(manifest.is_none(), is_wrong);
    for problem in &problems {
        let text = sources.get(&problem.file).map_or("", |text| text);
        assert!(text.get(problem.span.clone()).is_some(), "{problem:?}");
    }
    if let Some((manifest, written)) = manifest {
        let again = read(&written.effective()).manifest.expect("the effective manifest is one");
        assert_eq!(again.0.digest, manifest.digest);
    }
});
