//! What is wrong, as editors show it: exactly what `check` says, with its place.

use std::collections::BTreeMap;

use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range as Span, Uri,
};

use super::{
    text::Units,
    workspace::{Part, Workspace},
};
use crate::{
    names::Text,
    policy_test,
    problem::{Level, Problem, Sources},
};

/// What is wrong in each file, by URI. Files of shown manifests without a problem are there too.
pub(super) fn all(workspace: &Workspace, units: Units) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut found: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for project in workspace.shown() {
        for (name, _) in project.sources.iter() {
            found.extend(workspace.uri(&workspace.absolute(name)).map(|uri| (uri, Vec::new())));
        }
    }
    for project in workspace.shown() {
        add(workspace, &project.problems, &project.sources, units, &mut found);
    }
    for (path, buffer) in &workspace.buffers {
        let Some((Part::Tests, Some(project))) = workspace.part(path) else { continue };
        let Some(manifest) = &project.manifest else { continue };
        let (mut sources, mut problems) = (Sources::default(), Vec::new());
        let text = buffer.lines.text();
        sources.insert(path.clone(), text.strip_prefix('\u{feff}').unwrap_or(text));
        policy_test::read(path, manifest, &sources, &mut problems);
        found.entry(buffer.uri.clone()).or_default();
        add(workspace, &problems, &sources, units, &mut found);
    }
    found
}

fn add(
    workspace: &Workspace,
    problems: &[Problem],
    sources: &Sources,
    units: Units,
    found: &mut BTreeMap<String, Vec<Diagnostic>>,
) {
    for problem in problems {
        let Some((uri, range)) = located(workspace, sources, &problem.file, &problem.span, units) else { continue };
        let diagnostic = diagnostic(workspace, problem, sources, range, units);
        let all = found.entry(uri).or_default();
        // Two manifests may extend the same file.
        if !all.contains(&diagnostic) {
            all.push(diagnostic);
        }
    }
}

fn diagnostic(workspace: &Workspace, problem: &Problem, sources: &Sources, range: Span, units: Units) -> Diagnostic {
    let Problem { level, code, message, help, related, file: _, span: _ } = problem;
    let related = related.iter().filter_map(|other| {
        let (uri, range) = located(workspace, sources, &other.file, &other.span, units)?;
        let location = Location { uri: uri.parse::<Uri>().ok()?, range };
        Some(DiagnosticRelatedInformation { location, message: other.message.clone() })
    });
    let related: Vec<_> = related.collect();
    Diagnostic {
        range,
        severity: Some(match level {
            Level::Error => DiagnosticSeverity::ERROR,
            Level::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String((*code).to_owned())),
        source: Some("dialform".to_owned()),
        message: match help {
            Some(help) => format!("{message}\nhelp: {help}"),
            None => message.clone(),
        },
        related_information: Some(related).filter(|related| !related.is_empty()),
        ..Diagnostic::default()
    }
}

/// The URI and range of bytes of a file; the first line's beginning for a whole file.
pub(super) fn located(
    workspace: &Workspace,
    sources: &Sources,
    name: &Text,
    span: &std::ops::Range<usize>,
    units: Units,
) -> Option<(String, Span)> {
    let path = workspace.absolute(name);
    let uri = workspace.uri(&path)?;
    let Some(lines) = workspace.lines(&path, sources, name) else { return Some((uri, Span::default())) };
    // Places count from behind a byte order mark, the editor may count it.
    let mark = if lines.text().starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let span = if *span == (0..0) { 0..0 } else { span.start + mark..span.end + mark };
    Some((uri, lines.span(&span, units)))
}
