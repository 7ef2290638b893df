//! Any bytes as files of Entra's provisioning job, split at `\n---\n`: refused in
//! words, or a manifest's text that `check` reads to its end.

#![no_main]

use dialform::{
    import::{self, Document},
    manifest::{self, Disk, trust::AllowedHosts},
    problem::Level,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut documents = Vec::new();
    let mut rest = input;
    while documents.len() < 8 {
        let at = rest.windows(5).position(|window| window == b"\n---\n");
        match Document::parse("schema.json", &rest[..at.unwrap_or(rest.len())]) {
            Ok(document) => documents.push(document),
            Err(refused) => assert!(!refused.to_string().is_empty()),
        }
        let Some(at) = at else { break };
        rest = &rest[at + 5..];
    }
    match import::entra(&documents) {
        Err(refused) => assert!(!refused.is_empty()),
        Ok(imported) => {
            let text = imported.manifest;
            let mut disk = Disk { read: &mut |_| Ok(text.clone()), list: &mut |_, _| Ok(Vec::new()) };
            let read = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default());
            let is_wrong = read.problems.iter().any(|problem| problem.level == Level::Error);
            assert_eq!(read.manifest.is_none(), is_wrong);
            // Whatever was imported, it is one YAML document and no more.
            assert!(!read.problems.iter().any(|problem| problem.message.contains("YAML")), "{text}\n{:?}", read.problems);
        }
    }
});
