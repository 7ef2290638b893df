use proptest::prelude::*;

use super::*;
use crate::plan::{Action, ChangeId, Ref, Request, sample};

/// The file of a plan that was changed in some way, with a digest that fits.
fn forged(edit: impl FnOnce(&mut Plan)) -> String {
    let mut plan = sample::everything();
    edit(&mut plan);
    write(&plan)
}

fn refused(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn a_plan_with_everything_reads_back_the_same() {
    let plan = sample::everything();
    assert_eq!(read(&write(&plan)).unwrap(), plan);
    assert_eq!(read_bytes(write(&plan).as_bytes()).unwrap(), plan);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_plan_reads_back_the_same(plan in sample::arbitrary()) {
        let text = write(&plan);
        prop_assert_eq!(read(&text).unwrap(), plan);
    }

    #[test]
    fn nothing_at_all_makes_it_panic(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (read(&text), read_bytes(&bytes));
    }

    #[test]
    fn whatever_has_a_fitting_digest_is_read_or_refused(
        at in any::<proptest::sample::Index>(),
        length in 0usize..40,
        instead in "[\\[\\]{}\",:0-9a-z]{0,12}",
    ) {
        let mut body = serde_json::to_string(&sample::everything()).unwrap();
        let at = at.index(body.len());
        body.replace_range(at..(at + length).min(body.len()), &instead);
        if let Ok(plan) = read(&seal(&body)) {
            prop_assert_eq!(read(&write(&plan)).unwrap(), plan);
        }
    }

    #[test]
    fn a_byte_that_is_changed_is_noticed(at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = write(&sample::everything()).into_bytes();
        let at = at.index(bytes.len() - 1);
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(read_bytes(&bytes).is_err());
    }
}

#[test]
fn a_plan_cut_at_any_byte_is_refused() {
    let text = write(&sample::everything());
    // Only the last line end may go.
    for length in 0..text.len() - 1 {
        assert!(read_bytes(&text.as_bytes()[..length]).is_err(), "cut to {length}");
    }
}

#[test]
fn what_is_no_plan_is_named_with_the_next_step() {
    for (text, says) in [
        ("", "the file is empty; make it with `dialform plan --out FILE`"),
        (" \n\t", "the file is empty"),
        ("{", "the file is cut short at line 1, column 1"),
        ("version: 1\n", "the file is not JSON at line 1, column 1"),
        ("[]", "not a saved plan; make one with"),
        ("3", "not a saved plan"),
        ("{}", "not a saved plan"),
        (r#"{"format_version":1,"summary":{},"changes":[]}"#, "it is what `plan --format json` prints"),
        (r#"{"format_version":1,"summary":{},"results":[]}"#, "it is the outcome of an apply"),
        (r#"{"dialform_plan":"one"}"#, "not a saved plan"),
        (r#"{"dialform_plan":2,"plan":{"new":true}}"#, "format version 2 and this program reads 1"),
        (r#"{"dialform_plan":1,"plan":{}}"#, "changed after it was written"),
        (r#"{"dialform_plan":1,"digest":"sha256:00","plan":{}}"#, "changed after it was written"),
        (r#"{"dialform_plan":1,"dialform_plan":1}"#, "not a saved plan"),
    ] {
        let error = refused(text);
        assert!(error.starts_with("read the plan: ") && error.contains(says), "{text}: {error}");
    }
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("{}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert!(read_bytes(&utf16).unwrap_err().to_string().contains("it looks like UTF-16; write the plan with `--out"));
    let error = read_bytes(b"{\"dialform_plan\": \"\xc3\x28\"}").unwrap_err().to_string();
    assert!(error.contains("not UTF-8 from byte 19 on"), "{error}");
}

#[test]
fn depth_is_bounded() {
    let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(refused(&deep("")).contains("nested too deeply"));
    let error = refused(&seal(&format!("{{\"made_from\":{}}}", deep(""))));
    assert!(error.starts_with("read the plan: "), "{error}");
    assert!(refused(&format!("{{\"dialform_plan\":{}}}", deep("1"))).contains("nested too deeply"));
}

#[test]
fn what_was_edited_or_reformatted_is_refused() {
    let text = write(&sample::everything());
    assert!(refused(&text.replacen("ada@acme.example", "eve@acme.example", 1)).contains("was changed after"));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(refused(&format!("{json:#}")).contains("was changed after"));
    assert!(refused(&format!("{text}{text}")).contains("not JSON"));
    assert!(refused(&text.replace("}\n", ",\"more\":1}\n")).contains("was changed after"));
}

#[test]
fn values_that_no_plan_holds_are_refused_in_our_words() {
    for body in ["{}", "[]", "\"x\"", r#"{"format_version":1,"format_version":1}"#] {
        let error = refused(&seal(body));
        assert!(!error.contains("struct") && error.contains("line 1"), "{error}");
    }
    let body = serde_json::to_string(&sample::everything()).unwrap();
    let error = refused(&seal(&body.replacen("\"disable_user\"", "\"erase_user\"", 1)));
    assert!(error.contains("unknown variant `erase_user`"), "{error}");
    let error = refused(&forged(|plan| plan.format_version = 7));
    assert!(error.contains("format version 7"), "{error}");
}

#[test]
fn a_plan_that_contradicts_itself_is_refused() {
    let at = |plan: &Plan, action| plan.changes.iter().position(|change| change.action == action).unwrap();
    let needs = |plan: &mut Plan, change: usize, needed: usize| {
        let id = plan.changes[needed].id.clone();
        plan.changes[change].depends_on.push(id);
    };
    let unknown = || ChangeId("create_user:nobody".into());
    for (says, text) in [
        ("two changes have the id", forged(|plan| plan.changes.push(plan.changes[0].clone()))),
        ("is not in the plan", forged(|plan| plan.changes[0].depends_on.push(unknown()))),
        ("does not come before it", forged(|plan| needs(plan, 0, 9))),
        ("does not come before it", forged(|plan| needs(plan, 9, 9))),
        (
            "is not in the plan",
            forged(|plan| {
                let joins = at(plan, Action::AddMembers);
                plan.changes[joins].members.added[0].account = Ref::Created(unknown());
            }),
        ),
        (
            "names the user that \"adopt_user:e-old@acme.example\" creates, which creates none",
            forged(|plan| {
                let (joins, adopt) = (at(plan, Action::AddMembers), plan.changes[0].id.clone());
                let Request::AddMembers { members, .. } = &mut plan.changes[joins].requests[0] else { unreachable!() };
                members[0] = Ref::Created(adopt);
            }),
        ),
        (
            "would send a request that `disable` does not make",
            forged(|plan| {
                let disable = at(plan, Action::DisableUser);
                plan.changes[disable].requests = vec![Request::DeleteUser { user: Ref::Live("d-left".into()) }];
            }),
        ),
        ("is about another kind of object", forged(|plan| plan.changes[0].subject.kind = crate::plan::Kind::Group)),
    ] {
        let error = refused(&text);
        assert!(error.contains(says), "expected {says}: {error}");
    }
}
