//! Writes `examples/acme`: 2,000 people and 40 groups of an invented company, and
//! the tenant that it finds. The same bytes each time: `cargo run --example acme`.

#[path = "generate/names.rs"]
mod names;
#[path = "generate/people.rs"]
mod people;
#[path = "generate/teams.rs"]
mod teams;
#[path = "generate/tenant.rs"]
mod tenant;

/// The generated files: names within `examples/acme`, and texts.
pub fn files() -> [(&'static str, String); 3] {
    let people = people::people();
    [("people.csv", people::csv(&people)), ("groups.json", teams::json(&people)), ("live.json", tenant::json(&people))]
}

#[cfg(not(test))]
fn main() -> std::io::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme");
    for (name, text) in files() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
