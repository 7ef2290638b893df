use proptest::prelude::*;

use super::*;
use crate::{
    plan::{
        Action, CauseKind,
        outcome::{ChangeResult, Outcome, Status, Stop},
        sample,
    },
    render::neutral,
};

/// The tags that are ours, without their attributes.
const TAGS: [&str; 45] = [
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "script", "a", "h1", "h2", "h3",
    "small", "p", "span", "b", "strong", "bdi", "code", "dl", "dt", "dd", "div", "details", "summary", "section",
    "article", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "ins", "del", "input", "button", "br", "ol",
    "em", "i",
];

/// The attributes that are ours.
const ATTRIBUTES: [&str; 27] = [
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "id",
    "href",
    "hidden",
    "role",
    "type",
    "autocomplete",
    "spellcheck",
    "placeholder",
    "aria-label",
    "aria-keyshortcuts",
    "aria-controls",
    "aria-pressed",
    "aria-hidden",
    "scope",
    "open",
    "data-of",
    "data-key",
    "data-item",
    "data-block",
    "data-side",
    "data-n",
];

/// Reads a page as the HTML standard's tokeniser does, as far as our templates go, and gives the
/// first thing in it that is not ours: a tag, an attribute, a bare `&`, something that cannot be seen.
fn foreign(page: &str) -> Option<String> {
    if let Some(c) = page.chars().find(|c| neutral::is_hostile(*c) && *c != '\n') {
        return Some(format!("{c:?}"));
    }
    let mut rest = page.strip_prefix("<!DOCTYPE html>")?;
    let mut open: Vec<String> = Vec::new();
    while let Some(at) = rest.find('<') {
        if let Some(bad) = bare(&rest[..at]) {
            return Some(bad);
        }
        let end = at + tag_end(&rest[at..])?;
        let inside = &rest[at + 1..end];
        rest = &rest[end + 1..];
        let closes = inside.starts_with('/');
        let mut parts = inside.trim_start_matches('/').splitn(2, ' ');
        let (tag, attributes) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if !TAGS.contains(&tag) {
            return Some(inside.to_owned());
        }
        if let Some(bad) = attribute(attributes) {
            return Some(bad);
        }
        if closes {
            if open.pop().as_deref() != Some(tag) {
                return Some(format!("</{tag}> closes something else"));
            }
        } else if !["meta", "input", "br"].contains(&tag) {
            open.push(tag.to_owned());
        }
        // Raw text up to its end tag, as browsers read it.
        if !closes && (tag == "style" || tag == "script") {
            let end = rest.to_ascii_lowercase().find(&format!("</{tag}"))?;
            rest = &rest[end..];
        }
    }
    (!open.is_empty()).then(|| format!("not closed: {open:?}"))
}

/// Where a tag ends: the first `>` that is not inside a quoted value.
fn tag_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}

fn attribute(text: &str) -> Option<String> {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let name = &rest[..end];
        if !ATTRIBUTES.contains(&name) {
            return Some(format!("attribute {name} in {text}"));
        }
        rest = &rest[end..];
        if let Some(value) = rest.strip_prefix("=\"") {
            let close = value.find('"')?;
            if let Some(bad) = bare(&value[..close]) {
                return Some(bad);
            }
            if name == "href" && !value.starts_with('#') {
                return Some(format!("a link to elsewhere: {text}"));
            }
            rest = &value[close + 1..];
        }
        rest = rest.trim_start_matches(' ');
    }
    None
}

/// An ampersand that begins no entity of ours.
fn bare(text: &str) -> Option<String> {
    let entity = |rest: &str| ["&amp;", "&lt;", "&gt;", "&quot;"].iter().any(|entity| rest.starts_with(entity));
    text.match_indices('&').find(|(at, _)| !entity(&text[*at..])).map(|_| text.to_owned())
}

/// The part of a page that is not the same in every one.
fn body(page: &str) -> String {
    let from = page.find("<header>").unwrap();
    let to = page.find("<footer>").unwrap();
    page[from..to]
        .replace("<section", "\n\n<section")
        .replace("<article", "\n<article")
        .replace("<tr>", "\n  <tr>")
        .replace("<dt>", "\n<dt>")
        .replace("<main", "\n\n<main")
        .replace("<div", "\n<div")
}

#[test]
fn a_small_plan() {
    insta::assert_snapshot!(body(&plan(&sample::documented())));
}

#[test]
fn every_change_cause_reason_and_note_is_in_the_page() {
    let everything = sample::everything();
    let page = plan(&everything);
    assert_eq!(foreign(&page), None);
    for change in &everything.changes {
        let name = format!("<h3><bdi>{}</bdi></h3>", change.subject.name);
        assert!(page.contains(&name), "{name}");
        assert!(page.contains(&*change.cause.text), "{}", change.cause.text);
    }
    for held in everything.held_for_a_person() {
        assert!(page.contains(&format!("id=\"held-{}\"", held.reason.name())), "{}", held.reason.name());
        assert!(page.contains(&*held.message));
    }
    for note in &everything.notes {
        assert!(page.contains(&*note.message));
    }
    assert!(page.contains("dialform.yaml:44") && page.contains("<code>--allow first_removals=Support</code>"));
    assert_eq!(page.matches("<article").count() + page.matches("<li class=\"item\"").count(), 25 + 33);
    assert!(!page.contains("secret project") && page.contains("(hidden)"));
}

fn word(result: &ChangeResult) -> &'static str {
    match result.status {
        Status::Done => "done",
        Status::Already => "already",
        Status::Failed { .. } => "failed",
        Status::Skipped { .. } => "skipped",
    }
}

#[test]
fn an_outcome_names_every_change_with_its_result_and_first_who_still_has_access() {
    let everything = sample::everything();
    let of = Outcome { stopped: Some(Stop::MassFailure { failed: 26, tried: 50 }), ..sample::outcome(&everything) };
    let page = outcome(&everything, &of);
    assert_eq!(foreign(&page), None);
    let position = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(position("Still with access: 4 people") < position("Stopped: 26 of the first 50"));
    let failed = format!("Failed: {} changes", of.results.iter().filter(|result| word(result) == "failed").count());
    let skipped =
        format!("Not tried: {} changes", of.results.iter().filter(|result| word(result) == "skipped").count());
    assert!(position("Stopped: 26") < position(&format!("<h2 class=\"bad\">{failed}")));
    assert!(position(&failed) < position(&skipped));
    assert!(page.contains("Without <bdi>ada@acme.example</bdi>: its create failed"));
    assert!(page.contains("Accepted but not stored: <bdi>title</bdi>"));
    for result in &of.results {
        assert!(page.contains(&format!("<bdi>{}</bdi>", result.subject.name)));
    }
}

#[test]
fn the_policy_names_the_style_and_script_of_the_page_and_nothing_else() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};

    let page = plan(&sample::empty());
    let between = |from: &str, to: &str| {
        let start = page.find(from).unwrap() + from.len();
        &page[start..start + page[start..].find(to).unwrap()]
    };
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let (style, script) = (digest(between("<style>", "</style>")), digest(between("<script>", "</script>")));
    let policy = between("Content-Security-Policy\" content=\"", "\"");
    assert_eq!(
        policy,
        format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'")
    );
    for word in ["http://", "https://", "url(", "@import", "src=", "innerHTML", "eval(", " style=", " on"] {
        let own = [between("<style>", "</style>"), between("<script>", "</script>")];
        assert!(!own.iter().any(|text| text.contains(word)) || word == " on", "{word}");
    }
}

#[test]
fn both_sides_of_a_long_value_are_marked_where_they_differ() {
    let update = sample::change(
        Action::UpdateUser,
        sample::user("bob@acme.example", true),
        sample::cause(CauseKind::Mapping, "differs", 41),
    );
    let title = sample::attribute("title", Some("Head of <support>, London"), Some("Head of <support>, Berlin"));
    let mut of = sample::empty();
    of.changes = vec![sample::with(update, vec![title])];
    let page = plan(&of);
    assert!(page.contains("Head of &lt;support&gt;, <del>London</del></td>"), "{}", body(&page));
    assert!(page.contains("Head of &lt;support&gt;, <ins>Berlin</ins></td>"));
}

#[test]
fn the_reader_of_these_tests_sees_what_is_foreign() {
    let frame = |inside: &str| format!("<!DOCTYPE html><html><body>{inside}</body></html>");
    assert_eq!(foreign(&frame("<p>a &amp; b</p>")), None);
    for bad in [
        "<img src=\"x\">",
        "<p onclick=\"x\"></p>",
        "a & b",
        "<p>",
        "</p>",
        "\u{202e}",
        "<a href=\"javascript:x\"></a>",
    ] {
        assert!(foreign(&frame(bad)).is_some(), "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_foreign_is_markup_in_any_plan(any in sample::arbitrary()) {
        prop_assert_eq!(foreign(&plan(&any)), None);
    }

    #[test]
    fn nothing_foreign_is_markup_in_any_outcome(any in sample::arbitrary(), message in sample::hostile_text()) {
        let mut of = sample::outcome(&any);
        of.stopped = Some(Stop::LockLost { message: message.as_str().into() });
        for result in &mut of.results {
            if let Status::Skipped { because } = &mut result.status {
                *because = message.as_str().into();
            }
        }
        prop_assert_eq!(foreign(&outcome(&any, &of)), None);
    }
}
