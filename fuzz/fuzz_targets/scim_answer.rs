//! Any bytes as the body of a SCIM listing: they are read or refused in words,
//! and what is read can be named in an address and compared.

#![no_main]

use dialform::{
    dialpad::{Stored, confirm, page},
    names::AttrPath,
    plan::{Operation, Request, Sent},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    match page(body) {
        Err(problem) => assert!(!problem.is_empty()),
        Ok((users, groups)) => {
            for user in &users {
                assert!(!["", ".", ".."].contains(&user.id.as_str()));
                let _ = (user.label(), user.is_active(), user.external_id());
                let operations = user
                    .attributes
                    .iter()
                    .filter_map(|(name, value)| {
                        let value = Sent::Value(value.clone());
                        Some(Operation::Replace { path: AttrPath::parse(name).ok()?, value })
                    })
                    .collect();
                let request = Request::PatchUser { user: dialform::plan::Ref::Live(user.id.clone()), operations };
                let _ = confirm(&request, &|_| None, Stored::User(user));
            }
            for group in &groups {
                assert!(group.members.is_sorted_by(|left, right| left < right));
            }
        }
    }
});
