use super::sides;
use crate::{
    names::Place,
    policy_test::{Report, Verdict},
    render::neutral,
};

/// The report as JUnit XML, as CI systems read it: a suite for each file.
pub fn junit(report: &Report) -> String {
    let mut files: Vec<&str> = report.verdicts.iter().map(|verdict| &*verdict.place.file).collect();
    files.dedup();
    let (all, failed) = (report.verdicts.len(), report.failed());
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(&format!(
        "<testsuites name=\"dialform\" tests=\"{all}\" failures=\"{failed}\" errors=\"0\" time=\"0\">\n"
    ));
    for file in files {
        let verdicts: Vec<&Verdict> = report.verdicts.iter().filter(|verdict| &*verdict.place.file == file).collect();
        let failed = verdicts.iter().filter(|verdict| !verdict.passed()).count();
        xml.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\" time=\"0\">\n",
            escaped(file),
            verdicts.len()
        ));
        for verdict in verdicts {
            case(&mut xml, verdict);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(xml: &mut String, verdict: &Verdict) {
    let Place { file, line, .. } = &verdict.place;
    xml.push_str(&format!(
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{line}\" time=\"0\"",
        escaped(&verdict.name),
        escaped(file),
        escaped(file)
    ));
    if verdict.passed() {
        xml.push_str("/>\n");
        return;
    }
    let what: Vec<&str> = verdict.differences.iter().map(|difference| &*difference.what).collect();
    xml.push_str(&format!(">\n      <failure type=\"difference\" message=\"{}\">", escaped(&what.join(", "))));
    for difference in &verdict.differences {
        let (expected, actual) = sides(difference);
        xml.push_str(&format!("\n- {}\n+ {}", escaped(&expected), escaped(&actual)));
        for reason in &difference.reasons {
            let place = reason.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
            xml.push_str(&format!("\n  {}{}", escaped(&reason.text), escaped(&place)));
        }
    }
    xml.push_str("\n</failure>\n    </testcase>\n");
}

/// Text for XML: what XML 1.0 cannot hold is written as an escape.
fn escaped(text: &str) -> String {
    let text = neutral::line(text);
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.extend(c.escape_unicode()),
            c => escaped.push(c),
        }
    }
    escaped
}
