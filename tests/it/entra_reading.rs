//! What is asked of Graph, and what comes of answers that are not as they should be.

use std::{fmt::Write as _, time::Instant};

use dialform::{
    directory::{Directory, Member, OtherWriter, Person},
    manifest::{Manifest, Source},
    names::SourceId,
    source::entra::{self, Former, Graph, Kind, Read, Trouble, Wanted, sign_in::SignIn},
};

use crate::{
    entra::{ASSIGNED, manifest},
    graph::{APPLICATION, Answer, FakeGraph, Fault, Store, TENANT, guid},
    inputs,
};

fn graph_of(fake: &FakeGraph, manifest: &Manifest, environment: &[(&str, &str)]) -> Result<Graph, Trouble> {
    let Source::Entra(entra) = &manifest.source else { panic!("not of Entra") };
    let url = fake.url();
    let environment = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        found.or_else(|| match name {
            "DIALFORM_GRAPH_URL" => Some(url.clone()),
            "GRAPH_ACCESS_TOKEN" => Some("test-token".to_owned()),
            _ => None,
        })
    };
    Graph::connect(entra.cloud, SignIn::choose(entra, &environment)?, &environment)
}

/// A reading for a manifest, with people from before.
fn read_with(fake: &FakeGraph, text: &str, former: &[&str], environment: &[(&str, &str)]) -> Result<Read, Trouble> {
    let manifest = inputs::manifest(text);
    let Source::Entra(entra) = &manifest.source else { panic!("not of Entra") };
    let graph = graph_of(fake, &manifest, environment)?;
    let former = former.iter().map(|id| Former { id: SourceId::from(*id), disabled: false });
    let wanted = Wanted::of(&[&manifest], former, false);
    tokio::runtime::Runtime::new().unwrap().block_on(entra::read(&graph, entra, &wanted, &|_| {}))
}

fn read(fake: &FakeGraph, text: &str) -> Result<Read, Trouble> {
    read_with(fake, text, &[], &[])
}

fn assigned() -> String {
    manifest(ASSIGNED)
}

fn people(directory: &Directory) -> &[Person] {
    directory.people.items().unwrap()
}

fn person<'d>(directory: &'d Directory, name: &str) -> &'d Person {
    people(directory).iter().find(|person| &**person.label() == name).unwrap()
}

/// A reading that fails, and what it says.
fn fails(fake: &FakeGraph, text: &str, kind: Kind) -> String {
    let trouble = read(fake, text).map(|_| ()).unwrap_err();
    assert_eq!(trouble.kind, kind, "{trouble:?}");
    assert!(!format!("{trouble:?}").contains("test-token"), "{trouble:?}");
    format!("{} → {}", trouble.message, trouble.help)
}

const MANAGERS: &str = "mappings:\n  users:\n    attributes:\n      userName: { attribute: userPrincipalName }\n      \
                        manager: { attribute: manager }\n";

// Requests.

#[test]
fn as_few_requests_as_there_can_be() {
    // People, groups, of whom assigned by themselves; HTTP calls without and with managers.
    for (people, groups, direct, calls, with_managers) in
        [(9, 3, 2, 2, 3), (109, 8, 9, 2, 3), (2009, 33, 9, 3, 10), (10009, 103, 9, 7, 41)]
    {
        let fake = FakeGraph::start(Store::of_size(people, groups, direct));
        let found = read(&fake, &assigned()).unwrap();
        assert_eq!(found.directory.people.complete().unwrap().items().len(), people);
        assert_eq!(found.directory.groups.complete().unwrap().items().len(), groups);
        let sent = fake.requests();
        assert_eq!(sent.len(), calls, "{people} people: {sent:?}");
        assert!(sent.iter().all(|line| line == "POST /$batch"), "{sent:?}");
        // The table's parts, and those that find the application and its jobs by either id and name the tenant.
        let parts = groups + groups.div_ceil(15) + direct.div_ceil(15) + 7;
        // Provisioning was never set up here: only its address by the object id proves that.
        assert_eq!(fake.parts().len(), parts + 1, "{people} people");
        fake.change(|store| store.job("dialpad.1", "Paused", "Paused", "gallery"));
        let found = read(&fake, &format!("{}{MANAGERS}", assigned())).unwrap();
        assert_eq!(fake.requests().len(), with_managers, "{people} people with managers");
        assert_eq!(fake.parts().len(), parts + people.div_ceil(15));
        let managed = self::people(&found.directory).iter().filter(|person| person.manager.is_some()).count();
        assert_eq!(managed, people - 1);
        // A tenth of the smallest quota of ten seconds: it never throttles itself.
        assert!(fake.units() < 3_500);
    }
}

#[test]
fn everybody_is_read_by_pages_and_an_application_by_name_costs_one_more() {
    let everyone = manifest("scope: everyone\n");
    let fake = FakeGraph::start(Store::of_size(2009, 33, 9));
    fake.change(|store| store.job("dialpad.1", "Paused", "Paused", "gallery"));
    let found = read(&fake, &everyone).unwrap();
    assert_eq!(people(&found.directory).len(), 2009);
    // Three pages; the first with what else is asked.
    assert_eq!(fake.requests().len(), 3);
    assert!(fake.parts().iter().all(|part| !part.contains("/members")), "nobody is looked for in groups");
    let by_name = assigned().replace(APPLICATION, "Dialpad");
    read(&fake, &by_name).unwrap();
    assert_eq!(fake.requests().len(), 4);
    let by_object = assigned().replace(APPLICATION, &guid(5, 1));
    read(&fake, &by_object).unwrap();
    assert_eq!(fake.requests().len(), 3);
}

#[test]
fn whether_entras_own_job_is_active_is_read_in_the_same_requests() {
    let by_name = assigned().replace(APPLICATION, "Dialpad");
    let by_object = assigned().replace(APPLICATION, &guid(5, 1));
    let in_manifest = manifest("assignments: [{ group: Dialpad Users }]\n");
    let named = in_manifest.replace(APPLICATION, "Dialpad");
    for text in [assigned(), by_name, by_object, in_manifest, named, manifest("scope: everyone\n")] {
        for by_key in [true, false] {
            let fake = FakeGraph::start(Store::load("small"));
            fake.change(|store| {
                store.jobs_by_key = by_key;
                store.job("dialpad.0", "Disabled", "NotRun", "gallery");
            });
            let writer = || read(&fake, &text).unwrap().directory.other_writer;
            assert_eq!(writer(), OtherWriter::None, "{text}");
            let without = fake.requests().len();
            fake.change(|store| store.job("dialpad.1", "Active", "Quarantine", "gallery"));
            let active = OtherWriter::Active { application: "Dialpad".into(), job: "dialpad.1".into() };
            assert_eq!(writer(), active, "{text}");
            assert_eq!(fake.requests().len(), without);
        }
    }
    // Never set up.
    assert_eq!(
        read(&FakeGraph::start(Store::load("small")), &assigned()).unwrap().directory.other_writer,
        OtherWriter::None
    );
}

#[test]
fn jobs_that_cannot_be_seen_are_no_error() {
    let refusal = Answer::Status(403, "Authorization_RequestDenied", None);
    for (answer, says) in [
        (refusal.clone(), "the permission to look is missing"),
        (Answer::Text(r#"{"value":[{"schedule":{"state":"Active"}}]}"#.to_owned()), "id"),
        (Answer::Text(r#"{"value":[7]}"#.to_owned()), "no object"),
        (Answer::Text(r#"{"value":{}}"#.to_owned()), "no page of a collection"),
        (Answer::Status(400, "Request_BadRequest", None), "400"),
    ] {
        let fake = FakeGraph::start(Store::load("small"));
        fake.change(|store| store.job("dialpad.1", "Paused", "Paused", "gallery"));
        fake.fault(Fault::always("/synchronization/jobs", answer));
        let found = read(&fake, &assigned()).unwrap();
        let OtherWriter::Unknown { because } = &found.directory.other_writer else { panic!("{found:?}") };
        assert!(because.contains(says), "{because}");
        assert!(found.directory.people.complete().is_some() && found.directory.groups.complete().is_some());
    }
    // A manifest that assigns by itself needs no permission to read applications.
    let fake = FakeGraph::start(Store::load("small"));
    fake.fault(Fault::always("/servicePrincipals", refusal));
    let found = read(&fake, &manifest("assignments: [{ group: Dialpad Users }]\n")).unwrap();
    assert!(matches!(found.directory.other_writer, OtherWriter::Unknown { .. }), "{:?}", found.directory.other_writer);
    assert_eq!(people(&found.directory).len(), 4);
    // Nor is an application that is not there an error where nobody is assigned to it.
    let nowhere = manifest("assignments: [{ group: Dialpad Users }]\n").replace(APPLICATION, &guid(5, 77));
    let found = read(&FakeGraph::start(Store::load("small")), &nowhere).unwrap();
    let OtherWriter::Unknown { because } = &found.directory.other_writer else { panic!("{found:?}") };
    assert!(because.contains("no enterprise application"), "{because}");
}

#[test]
fn only_what_the_manifest_uses_is_selected() {
    let fake = FakeGraph::start(Store::load("small"));
    let mapping = "mappings:\n  users:\n    attributes:\n      userName: { attribute: userPrincipalName }\n      \
                   active: { expression: 'Not([IsSoftDeleted])' }\n      title: { expression: 'Coalesce([officeLocation], [extensionAttribute3])' }\n\
                   filters:\n  users:\n    - { name: GB, where: [{ attribute: country, operator: equals, value: GB }] }\n";
    let found = read(&fake, &format!("{}{mapping}", assigned())).unwrap();
    let select = "$select=id,userPrincipalName,accountEnabled,country,displayName,mail,officeLocation,\
                  onPremisesExtensionAttributes,otherMails,proxyAddresses,userType&";
    let parts = fake.parts();
    let of_people: Vec<&String> =
        parts.iter().filter(|part| part.contains("/members?") || part.contains("/users?")).collect();
    assert!(!of_people.is_empty());
    for part in of_people {
        assert!(format!("{part}&").contains(select), "{part}");
        assert!(!part.contains("manager"), "{part}");
    }
    let abeo = person(&found.directory, "abeo.lind@example.com");
    assert_eq!(&**abeo.text("physicalDeliveryOfficeName").unwrap(), "Oslo 4");
    assert_eq!(&**person(&found.directory, "birte.holm@example.com").text("extensionAttribute3").unwrap(), "voice");
    assert!(abeo.text("jobTitle").is_none());
}

#[test]
fn groups_and_people_that_the_manifest_names_are_found_in_the_same_requests() {
    let fake = FakeGraph::start(Store::load("small"));
    let lines = format!(
        "roles:\n  member: {{}}\nassignments:\n  - {{ group: dialpad leads, role: member }}\n  \
         - {{ group: {}, role: member, nested: true }}\n  - {{ user: Juno.Mensah@example.com, role: member }}\n  \
         - {{ user: faye.grant@partner.example.net, role: member }}\n  - {{ user: {}, role: member }}\n",
        guid(2, 1).to_uppercase(),
        guid(1, 7),
    );
    let found = read(&fake, &manifest(&lines)).unwrap();
    assert_eq!(fake.requests().len(), 3, "the names, the members, the group within");
    let mut names: Vec<&str> = people(&found.directory).iter().map(|person| &**person.label()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "abeo.lind@example.com",
            "birte.holm@example.com",
            "chun.wei@example.com",
            "dora.muller@example.com",
            "eiko.tan@example.com",
            "faye.grant@partner.example.net",
            "gil.obrien@example.com",
            "ivo.berg@example.com",
            "juno.mensah@example.com",
        ]
    );
    assert!(found.directory.application.is_none(), "nobody asked who is assigned in Entra");
    assert!(fake.parts().is_empty() || fake.parts().iter().all(|part| !part.contains("servicePrincipals")));
    let groups: Vec<&str> =
        found.directory.groups.complete().unwrap().items().iter().map(|group| &*group.name).collect();
    assert_eq!(groups, ["Dialpad Users", "Dialpad Leads", "Support EMEA"]);
}

#[test]
fn batches_can_be_switched_off_and_read_the_same() {
    let fake = FakeGraph::start(Store::load("small"));
    let batched = read(&fake, &assigned()).unwrap().directory;
    let single = read_with(&fake, &assigned(), &[], &[("DIALFORM_GRAPH_BATCH", "off")]).unwrap().directory;
    assert_eq!(batched, single);
    assert!(fake.requests().iter().filter(|line| line.starts_with("GET ")).count() > 5);
}

// What is in the directory.

#[test]
fn members_that_are_no_people_are_left_out_and_groups_within_are_not_opened() {
    let fake = FakeGraph::start(Store::load("small"));
    let found = read(&fake, &assigned()).unwrap();
    assert!(!people(&found.directory).iter().any(|person| &**person.label() == "ivo.berg@example.com"));
    let said = found.warnings.join("\n");
    assert!(said.contains("`device`") && said.contains("`agentUser`"), "{said}");
    assert!(!said.contains("ServicePrincipal"), "daemons are no news: {said}");
    let groups = found.directory.groups.complete().unwrap().items();
    let all = groups.iter().find(|group| &*group.name == "Dialpad Users").unwrap();
    assert!(all.members.contains(&Member::Group(SourceId::new(guid(2, 3)))));
}

#[test]
fn names_and_values_come_as_they_are() {
    let fake = FakeGraph::start(Store::load("small"));
    let name = "extension_21c4f45a9dde5c248fe092486ac05f6d_deskCode";
    let mapping = format!(
        "mappings:\n  users:\n    attributes:\n      userName: {{ attribute: userPrincipalName }}\n      title: {{ expression: 'Coalesce([{name}], [telephoneNumber], [originalUserPrincipalName])' }}\n      \
         name.familyName: {{ attribute: surname }}\n      costCenter: {{ attribute: employeeOrgData.costCenter }}\n"
    );
    let directory = read(&fake, &format!("{}{mapping}", assigned())).unwrap().directory;
    let text = |who: &str, name: &str| person(&directory, who).text(name).map(|text| text.to_string());
    assert_eq!(text("hana.costa@example.com", name).unwrap(), "D-42");
    assert_eq!(text("abeo.lind@example.com", name), None);
    assert_eq!(text("abeo.lind@example.com", "telephoneNumber").unwrap(), "+1 415 555 0100");
    assert_eq!(text("birte.holm@example.com", "telephoneNumber"), None);
    assert_eq!(text("abeo.lind@example.com", "employeeOrgData.costCenter").unwrap(), "CC-100");
    assert_eq!(text("birte.holm@example.com", "employeeOrgData.costCenter"), None);
    assert_eq!(text("dora.muller@example.com", "surname").unwrap(), "Müller-Åkesson ");
    assert_eq!(text("gil.obrien@example.com", "surname").unwrap(), "O'Brien");
    assert_eq!(text("chun.wei@example.com", "mail"), None);
    let guest = "faye.grant@partner.example.net";
    assert_eq!(text(guest, "originalUserPrincipalName").unwrap(), "faye.grant_partner.example.net#EXT#@example.com");
}

#[test]
fn managers_are_people_whoever_they_are() {
    let fake = FakeGraph::start(Store::load("small"));
    let directory = read(&fake, &format!("{}{MANAGERS}", assigned())).unwrap().directory;
    let manager = |who: &str| person(&directory, who).manager.as_ref().map(|id| id.to_string());
    // In a circle, outside of the scope, a contact, none.
    assert_eq!(manager("abeo.lind@example.com"), Some(guid(1, 2)));
    assert_eq!(manager("birte.holm@example.com"), Some(guid(1, 1)));
    assert_eq!(manager("dora.muller@example.com"), Some(guid(1, 11)));
    assert_eq!(manager("gil.obrien@example.com"), None);
    assert_eq!(manager("hana.costa@example.com"), None);
}

#[test]
fn app_roles_of_each_person_are_there_for_mappings_that_read_them() {
    let fake = FakeGraph::start(Store::load("small"));
    let mapping = "mappings:\n  users:\n    attributes:\n      userName: { attribute: userPrincipalName }\n      title: { expression: 'AppRoleAssignmentsComplex([appRoleAssignments])' }\n";
    let directory = read(&fake, &format!("{}{mapping}", assigned())).unwrap().directory;
    let roles = |who: &str| person(&directory, who).attributes.get("appRoleAssignments").unwrap().to_string();
    assert_eq!(roles("abeo.lind@example.com"), r#"{"displayName":"User"}; {"displayName":"Lead","value":"lead"}"#);
    assert_eq!(roles("gil.obrien@example.com"), r#"{"displayName":"User"}"#);
}

// Completeness.

#[test]
fn a_group_that_is_not_found_is_unknown_and_not_empty() {
    let fake = FakeGraph::start(Store::load("small"));
    let gone = fake_id(&fake, "Dialpad Leads");
    fake.change(|store| {
        store.groups.retain(|group| group["displayName"] != "Dialpad Leads");
    });
    let found = read(&fake, &assigned()).unwrap();
    let because = found.directory.groups.because().unwrap();
    assert!(because.contains(&gone) && because.contains("Dialpad Leads is assigned in Entra"), "{because}");
    assert!(found.directory.people.complete().is_some());
    // Deleted between two answers: its facts were there, its members are not.
    let fake = FakeGraph::start(Store::load("small"));
    fake.fault(Fault::once(&format!("/groups/{gone}/members"), Answer::Status(404, "Request_ResourceNotFound", None)));
    assert!(read(&fake, &assigned()).unwrap().directory.groups.complete().is_none());
    // The other way round.
    let fake = FakeGraph::start(Store::load("small"));
    fake.fault(Fault::once("/groups?$filter=id", Answer::Text(r#"{"value":[]}"#.into())));
    assert!(read(&fake, &assigned()).unwrap().directory.groups.complete().is_none());
}

fn fake_id(fake: &FakeGraph, name: &str) -> String {
    let mut id = String::new();
    fake.change(|store| id = store.group_id(name));
    id
}

#[test]
fn a_group_that_hides_its_members_is_not_an_empty_one() {
    let fake = FakeGraph::start(Store::load("small"));
    let found = read(&fake, &manifest("assignments: [{ group: Board }]\n")).unwrap();
    let because = found.directory.groups.because().unwrap();
    assert!(because.contains("Board") && because.contains("Member.Read.Hidden"), "{because}");
}

#[test]
fn users_without_properties_are_a_missing_permission() {
    for at in ["/members?", "/users?$filter=id"] {
        let fake = FakeGraph::start(Store::load("small"));
        fake.fault(Fault::once(at, Answer::Nulls));
        let said = fails(&fake, &assigned(), Kind::Permission);
        assert!(said.contains("User.Read.All") && said.contains("user principal name"), "{said}");
    }
    // Who may read names alone does not see who is blocked: nobody is removed for what it does not say.
    let fake = FakeGraph::start(Store::load("small"));
    fake.change(|store| store.users.iter_mut().for_each(|user| drop(user.remove("accountEnabled"))));
    let found = read(&fake, &assigned()).unwrap();
    assert!(found.directory.people.because().unwrap().contains("sign-in is blocked"));
}

#[test]
fn a_refused_part_names_the_permission() {
    for (at, permission) in [
        ("/servicePrincipals", "Application.Read.All"),
        ("/members?", "GroupMember.Read.All"),
        ("/groups?", "GroupMember.Read.All"),
        ("/users?", "User.Read.All"),
        ("/organization", "Organization.Read.All"),
    ] {
        let fake = FakeGraph::start(Store::load("small"));
        fake.fault(Fault::always(at, Answer::Status(403, "Authorization_RequestDenied", None)));
        let said = fails(&fake, &assigned(), Kind::Permission);
        assert!(
            said.contains(permission) && said.contains("Authorization_RequestDenied") && said.contains("request-id"),
            "{said}"
        );
    }
}

// Pages.

#[test]
fn pages_within_batches_are_followed_to_their_end() {
    let fake = FakeGraph::start(Store::of_size(50, 2, 3));
    let whole = read(&fake, &assigned()).unwrap().directory;
    fake.pages_of(7);
    let paged = read(&fake, &assigned()).unwrap().directory;
    assert_eq!(whole, paged);
    // A page that is no longer known: the collection is begun anew.
    fake.fault(Fault::once("$skiptoken", Answer::Status(400, "Directory_ExpiredPageToken", None)).after(1));
    assert_eq!(read(&fake, &assigned()).unwrap().directory, whole);
    fake.fault(Fault::always("$skiptoken", Answer::Status(400, "directory_expiredPageToken", None)));
    assert!(fails(&fake, &assigned(), Kind::Unusable).contains("expiredPageToken"));
}

#[test]
fn pages_without_an_end_or_elsewhere_are_refused() {
    let page = |next: &str| Answer::Text(format!(r#"{{"value":[],"@odata.nextLink":"{next}"}}"#));
    for (next, says) in [
        ("https://evil.example/v1.0/users?$skiptoken=x", "another address"),
        ("{}/groups?$skiptoken=again", "read before"),
        ("{}/../beta/users", "another address"),
        ("//evil.example/users", "another address"),
    ] {
        let fake = FakeGraph::start(Store::load("small"));
        let next = next.replace("{}", &fake.url());
        fake.fault(Fault::always("/members?", page(&next)));
        fake.fault(Fault::always("/groups?$skiptoken", page(&next)));
        let said = fails(&fake, &assigned(), Kind::Unusable);
        assert!(said.contains(says), "{said}");
        assert!(!said.contains("evil.example"));
    }
    // An empty page with a next one is a page like others.
    let fake = FakeGraph::start(Store::load("small"));
    let id = fake_id(&fake, "Dialpad Users");
    let path = format!("/groups/{id}/members?$select=id,userPrincipalName,accountEnabled,mail&$top=998");
    fake.fault(Fault::once(&format!("/groups/{id}/members?"), page(&format!("{}{path}", fake.url()))));
    assert!(read(&fake, &assigned()).is_ok());
}

// Faults.

#[test]
fn throttled_parts_alone_are_asked_again() {
    let fake = FakeGraph::start(Store::load("small"));
    let whole = read(&fake, &assigned()).unwrap().directory;
    fake.requests();
    for (status, after) in
        [(429, Some("0.05")), (503, Some("0")), (504, None), (424, None), (500, None), (509, Some("0.01"))]
    {
        let answer = Answer::Status(status, "TooManyRequests", after.map(str::to_owned));
        fake.fault(Fault::once("/members?", answer));
        fake.parts();
        assert_eq!(read(&fake, &assigned()).unwrap().directory, whole, "{status}");
        assert_eq!(fake.requests().len(), 3, "{status}: one more batch");
        let again = fake.parts().iter().rev().take_while(|part| part.contains("/members?")).count();
        assert_eq!(again, 1, "{status}: of one part");
        fake.no_faults();
    }
    // A date, as HTTP has it.
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    fake.fault(Fault::once("/members?", Answer::Status(429, "TooManyRequests", Some(date))));
    assert_eq!(read(&fake, &assigned()).unwrap().directory, whole);
}

#[test]
fn who_is_throttled_for_ever_gives_up() {
    for (at, after) in [("/members?", "0.001"), ("/members?", "100000"), ("/$batch", "100000"), ("/members?", "soon")] {
        let fake = FakeGraph::start(Store::load("small"));
        let times = if after == "soon" { 1 } else { usize::MAX };
        fake.fault(Fault::always(at, Answer::Status(429, "TooManyRequests", Some(after.to_owned()))).times(times));
        let begun = Instant::now();
        if after == "soon" {
            assert!(read(&fake, &assigned()).is_ok());
        } else {
            let said = fails(&fake, &assigned(), Kind::Unreachable);
            assert!(said.contains("429") && said.contains("TooManyRequests"), "{said}");
        }
        assert!(begun.elapsed().as_secs() < 20);
        assert!(fake.requests().len() <= 10);
    }
}

#[test]
fn what_is_cut_or_no_json_is_no_reading() {
    for (at, answer, kind, says) in [
        ("/$batch", Answer::Html(200), Kind::Unusable, "HTML"),
        ("/$batch", Answer::Text(String::new()), Kind::Unusable, "nothing"),
        ("/$batch", Answer::Text("{\"responses\":[{".into()), Kind::Unusable, "cut"),
        ("/$batch", Answer::Text("{\"responses\":{}}".into()), Kind::Unusable, "not as expected"),
        ("/$batch", Answer::Text("[1,2".into()), Kind::Unusable, "cut"),
        ("/members?", Answer::Html(200), Kind::Unusable, "not JSON"),
        ("/members?", Answer::Text("{}".into()), Kind::Unusable, "no list `value`"),
        ("/members?", Answer::Text(r#"{"value":{}}"#.into()), Kind::Unusable, "no list `value`"),
        ("/members?", Answer::Text(r#"{"value":[5]}"#.into()), Kind::Unusable, "no object"),
        ("/members?", Answer::Text(r#"{"value":[{"id":"x"}]}"#.into()), Kind::Unusable, "`@odata.type`"),
        (
            "/members?",
            Answer::Text(r##"{"value":[{"@odata.type":"#microsoft.graph.user"}]}"##.into()),
            Kind::Unusable,
            "no `id`",
        ),
        (
            "/members?",
            Answer::Text(
                r##"{"value":[{"@odata.type":"#microsoft.graph.user","id":"x","userPrincipalName":5}]}"##.into(),
            ),
            Kind::Unusable,
            "is a number",
        ),
        ("/groups?", Answer::Text(r#"{"value":[{"id":"x","displayName":[]}]}"#.into()), Kind::Unusable, "is a list"),
        (
            "/servicePrincipals(appId='a42d5f8f-7ef3-51ac-99a7-4f7ed2a57db7')?",
            Answer::Text(r#"{"id":"x","appId":"y","displayName":"D","appRoles":5}"#.into()),
            Kind::Unusable,
            "`appRoles`",
        ),
        (
            "appRoleAssignedTo",
            Answer::Text(r#"{"value":[{"principalId":"x","principalType":"User"}]}"#.into()),
            Kind::Unusable,
            "`appRoleId`",
        ),
        ("/organization", Answer::Text(r#"{"value":[]}"#.into()), Kind::Unusable, "exactly one organization"),
        ("/organization", Answer::Text(r#"{"value":[{},{}]}"#.into()), Kind::Unusable, "exactly one organization"),
    ] {
        let fake = FakeGraph::start(Store::load("small"));
        fake.fault(Fault::always(at, answer.clone()));
        let said = fails(&fake, &assigned(), kind);
        assert!(said.contains(says), "{at} {answer:?}: {said}");
    }
}

#[test]
fn a_broken_connection_and_a_gateway_are_tried_again() {
    let fake = FakeGraph::start(Store::load("small"));
    let whole = read(&fake, &assigned()).unwrap().directory;
    for answer in [Answer::Cut, Answer::Html(504), Answer::Html(502), Answer::Status(500, "generalException", None)] {
        fake.fault(Fault::once("/$batch", answer.clone()).after(1));
        assert_eq!(read(&fake, &assigned()).unwrap().directory, whole, "{answer:?}");
    }
    // Nothing listens there.
    let nobody = read_with(&fake, &assigned(), &[], &[("DIALFORM_GRAPH_URL", "http://127.0.0.1:1/v1.0")]).unwrap_err();
    assert_eq!(nobody.kind, Kind::Unreachable);
    for url in ["http://graph.example/v1.0", "ftp://127.0.0.1", "https://me:secret@graph.example", "nonsense"] {
        let refused = read_with(&fake, &assigned(), &[], &[("DIALFORM_GRAPH_URL", url)]).unwrap_err();
        assert!(refused.help.contains("DIALFORM_GRAPH_URL"), "{refused:?}");
    }
}

#[test]
fn of_two_answers_about_one_person_the_last_counts_and_is_told() {
    let fake = FakeGraph::start(Store::load("small"));
    let lead = r##"{"value":[{"@odata.type":"#microsoft.graph.user","id":"ID","accountEnabled":true,"userPrincipalName":"renamed@example.com"}]}"##;
    let id = fake_id(&fake, "Dialpad Leads");
    fake.fault(Fault::once(&format!("/groups/{id}/members"), Answer::Text(lead.replace("ID", &guid(1, 1)))));
    let found = read(&fake, &assigned()).unwrap();
    assert!(found.warnings.iter().any(|warning| warning.contains("other values")), "{:?}", found.warnings);
    let same = people(&found.directory).iter().filter(|person| person.id.as_str() == guid(1, 1)).count();
    assert_eq!(same, 1);
}

// Tokens and tenants.

#[test]
fn a_token_that_ends_in_the_middle_is_replaced_once() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let by_file = |fake: &FakeGraph| {
        let path = file.path().to_str().unwrap();
        read_with(fake, &assigned(), &[], &[("GRAPH_ACCESS_TOKEN", ""), ("GRAPH_ACCESS_TOKEN_FILE", path)])
    };
    // Parts are refused in the second batch; the file has another token by then.
    let fake = FakeGraph::start(Store::load("small"));
    std::fs::write(file.path(), "first-token\n").unwrap();
    fake.tokens(&["first-token", "second-token"]);
    fake.fault(Fault::always("/members?", Answer::Status(401, "InvalidAuthenticationToken", None)).times(2));
    let refused = by_file(&fake).unwrap_err();
    assert_eq!(refused.kind, Kind::SignIn, "there is no other token");
    std::fs::write(file.path(), "first-token\n").unwrap();
    let fake = FakeGraph::start(Store::load("small"));
    fake.tokens(&["second-token"]);
    let manifest = inputs::manifest(&assigned());
    let Source::Entra(entra) = &manifest.source else { panic!() };
    let path = file.path().to_str().unwrap();
    let graph = graph_of(&fake, &manifest, &[("GRAPH_ACCESS_TOKEN", ""), ("GRAPH_ACCESS_TOKEN_FILE", path)]).unwrap();
    let wanted = Wanted::of(&[&manifest], [], false);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // The sign-in took its token already.
    runtime.block_on(graph.claims()).unwrap();
    std::fs::write(file.path(), "second-token\n").unwrap();
    let found = runtime.block_on(entra::read(&graph, entra, &wanted, &|_| {})).unwrap();
    assert!(found.directory.people.complete().is_some());
    assert_eq!(fake.requests().len(), 3, "one batch was refused");
}

#[test]
fn a_refused_token_is_said_without_being_shown() {
    let fake = FakeGraph::start(Store::load("small"));
    fake.tokens(&["another"]);
    let said = fails(&fake, &assigned(), Kind::SignIn);
    assert!(said.contains("refused") && !said.contains("test-token"), "{said}");
}

/// A token as Entra writes them, without a signature.
fn token(claims: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
}

#[test]
fn a_token_or_an_answer_of_another_tenant_is_refused_before_anything_is_used() {
    let fake = FakeGraph::start(Store::load("small"));
    let other = "11111111-2222-4333-8444-555555555555";
    let token_of_other = token(&format!(r#"{{"tid":"{other}","aud":"https://graph.microsoft.com"}}"#));
    let refused = read_with(&fake, &assigned(), &[], &[("GRAPH_ACCESS_TOKEN", &token_of_other)]).unwrap_err();
    assert!(refused.message.contains(TENANT) || refused.message.contains(other), "{refused:?}");
    assert!(fake.requests().is_empty(), "nothing was asked");
    // An opaque token: the organization says which tenant it is.
    let said = fails(&fake, &assigned().replace(TENANT, other), Kind::Tenant);
    assert!(said.contains(TENANT) && said.contains(other) && said.contains("dialform.yaml:5"), "{said}");
    // By a domain.
    assert!(read(&fake, &assigned().replace(TENANT, "CORP.example.net")).is_ok());
    assert!(fails(&fake, &assigned().replace(TENANT, "other.example"), Kind::Tenant).contains("other.example"));
}

#[test]
fn an_application_has_to_be_one() {
    let fake = FakeGraph::start(Store::load("small"));
    let by_name = assigned().replace(APPLICATION, "Dialpad");
    fake.change(|store| {
        let mut twin = store.applications[0].clone();
        twin.insert("id".into(), guid(5, 2).into());
        twin.insert("appId".into(), guid(5, 3).into());
        store.applications.push(twin);
    });
    let said = fails(&fake, &by_name, Kind::Application);
    assert!(said.contains(APPLICATION) && said.contains(&guid(5, 3)) && said.contains("dialform.yaml:6"), "{said}");
    let missing = fails(&fake, &assigned().replace(APPLICATION, "O'Dialpad"), Kind::Application);
    assert!(missing.contains("O'Dialpad"), "{missing}");
    fails(&fake, &assigned().replace(APPLICATION, &guid(5, 7)), Kind::Application);
}

// People of before.

#[test]
fn former_people_are_told_apart_unassigned_blocked_deleted_gone() {
    let fake = FakeGraph::start(Store::load("small"));
    fake.change(|store| {
        store.delete("gil.obrien@example.com", false);
        store.delete("ivo.berg@example.com", true);
        store.user("kit.alone@example.com").insert("accountEnabled".into(), false.into());
    });
    let former: Vec<String> = [1, 7, 9, 10, 11].map(|n| guid(1, n)).into();
    let mut former: Vec<&str> = former.iter().map(String::as_str).collect();
    former.push("no-guid@example.com");
    let found = read_with(&fake, &assigned(), &former, &[]).unwrap().directory;
    let by_id = |n: usize| people(&found).iter().find(|person| person.id.as_str() == guid(1, n));
    assert!(!by_id(11).unwrap().is_enabled(), "blocked");
    assert!(by_id(10).unwrap().is_enabled() && !by_id(10).unwrap().soft_deleted, "merely unassigned");
    assert!(by_id(7).unwrap().soft_deleted);
    assert_eq!(&**by_id(7).unwrap().label(), "gil.obrien@example.com");
    assert!(by_id(9).is_none());
    assert!(found.gone.is_empty(), "without `delete` nobody is proven gone");
    assert_eq!(found.former, 3);
    assert_eq!(fake.requests().len(), 4, "those of before, and the recycle bin");
    let delete = format!("{}mappings:\n  users:\n    delete: true\n", assigned());
    let found = read_with(&fake, &delete, &former, &[]).unwrap().directory;
    assert_eq!(found.gone, [SourceId::new(guid(1, 9))]);
    assert_eq!(fake.requests().len(), 4);
    // In the bin on its second page.
    fake.pages_of(1);
    fake.change(|store| store.delete("kit.alone@example.com", false));
    let found = read_with(&fake, &delete, &former, &[]).unwrap().directory;
    assert_eq!((found.gone.len(), found.former), (1, 3));
}

#[test]
fn who_is_looked_for_and_not_found_is_no_proof_while_anything_else_says_they_are_there() {
    let fake = FakeGraph::start(Store::load("small"));
    let delete = format!("{}mappings:\n  users:\n    delete: true\n", assigned());
    // The filter does not find them, their own address does.
    fake.fault(Fault::always("/users?$filter=id", Answer::Text(r#"{"value":[]}"#.into())));
    let found = read_with(&fake, &delete, &[&guid(1, 10)], &[]).unwrap().directory;
    assert!(found.gone.is_empty());
    // A recycle bin that may not be read is an error.
    fake.fault(Fault::always("deletedItems", Answer::Status(403, "Authorization_RequestDenied", None)));
    assert_eq!(read_with(&fake, &delete, &[&guid(1, 10)], &[]).unwrap_err().kind, Kind::Permission);
}

#[test]
fn hostile_texts_do_not_leave_their_line() {
    let fake = FakeGraph::start(Store::load("small"));
    let mut message = String::new();
    write!(message, r#"{{"error":{{"code":"Bad\u001b[31m","message":"one\ntwo \u202e test-token","innererror":{{"request-id":"a b\n"}}}}}}"#).unwrap();
    fake.fault(Fault::always("/members?", Answer::Text(message)));
    let said = fails(&fake, &assigned(), Kind::Unusable);
    assert!(!said.contains('\u{1b}') && !said.contains("test-token"), "{said:?}");
}

/// Everything that is ever asked, through a proxy that knows Graph's description.
#[test]
#[ignore = "tests/graph.sh starts Prism"]
fn through_prism() {
    let get = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("tests/graph.sh sets {name}"));
    let (prism, port) = (get("DIALFORM_PRISM_URL"), get("DIALFORM_FAKE_PORT").parse().unwrap());
    let fake = FakeGraph::start_on(Store::load("small"), port);
    fake.links_to(&prism);
    fake.change(|store| {
        store.delete("gil.obrien@example.com", false);
        store.job("dialpad.1", "Paused", "Paused", "gallery");
        // The description knows the kinds of its day alone.
        store.others.retain(|other| other["@odata.type"] != "#microsoft.graph.agentUser");
    });
    let every: String = dialform::manifest::attributes::USER
        .into_iter()
        .filter(|name| !["IsSoftDeleted", "manager", "appRoleAssignments"].contains(name))
        .map(|name| format!("[{name}], "))
        .collect();
    let mapping = format!(
        "mappings:\n  users:\n    delete: true\n    attributes:\n      manager: {{ attribute: manager }}\n      \
         userName: {{ attribute: userPrincipalName }}\n      title: {{ expression: 'Coalesce({every}[extension_21c4f45a9dde5c248fe092486ac05f6d_deskCode])' }}\n"
    );
    let named = "assignments:\n  - { entra: true }\n  - { group: Dialpad Users, nested: true }\n  - { group: \"O'Hara & Söhne\" }\n  \
                 - { user: kit.alone@example.com }\n  - { user: nobody@example.com }\n";
    let everyone =
        manifest(&format!("scope: everyone\n{}", mapping.replace("  users:", "  groups: { enabled: true }\n  users:")));
    let former: Vec<String> = [7, 10, 99].map(|n| guid(1, n)).into();
    let former: Vec<&str> = former.iter().map(String::as_str).collect();
    for text in [
        format!("{}{mapping}", assigned()),
        format!("{}{mapping}", manifest(named)),
        assigned().replace(APPLICATION, "Dialpad"),
        assigned().replace(APPLICATION, &guid(5, 1)),
        everyone,
    ] {
        for batch in ["on", "off"] {
            for page in [999, 2] {
                fake.pages_of(page);
                let environment = [("DIALFORM_GRAPH_URL", prism.as_str()), ("DIALFORM_GRAPH_BATCH", batch)];
                let found = read_with(&fake, &text, &former, &environment);
                let found =
                    found.unwrap_or_else(|trouble| panic!("batch {batch}, pages of {page}: {trouble:?}\n{text}"));
                assert!(!people(&found.directory).is_empty());
                assert_eq!(found.directory.other_writer, OtherWriter::None);
            }
        }
    }
    let manifest = inputs::manifest(&assigned());
    let Source::Entra(source) = &manifest.source else { panic!("not of Entra") };
    for batch in ["on", "off"] {
        let environment = [("DIALFORM_GRAPH_URL", prism.as_str()), ("DIALFORM_GRAPH_BATCH", batch)];
        let graph = graph_of(&fake, &manifest, &environment).unwrap();
        let read = tokio::runtime::Runtime::new().unwrap().block_on(entra::configuration(&graph, source, None));
        assert_eq!(read.unwrap().answers.len(), 4, "batch {batch}");
    }
    println!("{} requests passed", fake.requests().len());
}
