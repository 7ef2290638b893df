//! Carrying out one request of a plan on the admin API.
//!
//! Every request ends the same however often it is sent, but for a move between
//! countries, which gives a new number each time: of that the record is asked first.

use std::collections::BTreeSet;

use http::StatusCode;

use super::{
    super::send::unreached,
    super::{SendError, scim::Trouble},
    Api, because,
    look_up::{self, NoRecord},
    read,
    wire::{self, Written, as_post, place},
};
use crate::{
    http::{Answer, Failure, Patience, Repeat},
    live::tenant::Member,
    names::{ApiId, AttrPath, Text, fold},
    plan::{AdminRequest, OperatorsOf, UserField},
};

/// A request that is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// Whether it was so before.
    pub already: bool,
    /// Fields that were accepted and are not stored, by the API's names.
    pub not_stored: Vec<AttrPath>,
}

/// How often a move is sent whose answer was lost and that was found not done.
const TRIES: u32 = 3;

/// The record of somebody whom SCIM created, and how many requests finding it took.
pub(in crate::dialpad) async fn record(api: &Api, email: &Text) -> (u64, Result<Member, SendError>) {
    let (asked, found) = look_up::by_email(api, email).await;
    let found = found.map_err(|none| match none {
        NoRecord::Unclear(message) => SendError::NotSent { message },
        NoRecord::Unasked(Trouble { status: Some(StatusCode::UNAUTHORIZED), error }) => {
            SendError::Credentials { status: 401, message: error.to_string() }
        }
        NoRecord::Unasked(trouble) => {
            let message = format!(
                "the account was created, and looking up {email} in the admin API failed: {}",
                because(&trouble)
            );
            SendError::NotSent { message }
        }
    });
    (asked, found)
}

/// Sends one request about the person with this id.
///
/// # Errors
/// Why it did not succeed.
pub(in crate::dialpad) async fn send(api: &Api, request: &AdminRequest, user: &ApiId) -> Result<Granted, SendError> {
    let written = wire::write(request, user);
    if leads_elsewhere(&written.path) {
        return Err(SendError::NotSent { message: format!("an id in `{}` cannot stand in an address", written.path) });
    }
    let mut lost = None;
    for _ in 0..TRIES {
        match once(api, request, user, &written).await {
            Err(SendError::InDoubt { message }) if written.repeat == Repeat::IfUnprocessed => {
                if is_stored(api, request, user).await == Some(true) {
                    return Ok(Granted::default());
                }
                lost = Some(message);
            }
            ended => return ended,
        }
    }
    let message = format!("{}; it was sent {TRIES} times and is not done", lost.unwrap_or_default());
    Err(SendError::InDoubt { message })
}

/// Whether the record holds what was sent; `None` when it cannot be read.
async fn is_stored(api: &Api, request: &AdminRequest, user: &ApiId) -> Option<bool> {
    let member = read::user(api, user).await.ok()??;
    Some(lacking(request, &member).is_empty())
}

async fn once(api: &Api, request: &AdminRequest, user: &ApiId, written: &Written) -> Result<Granted, SendError> {
    let Written { method, path, body, repeat } = written;
    let sent = api.send(method.clone(), path, Some(body), *repeat, Patience::USUAL).await;
    let answer = sent.map_err(|failure| {
        let message = api.client.fit(&failure.to_string());
        match failure {
            Failure::Unreached { .. } => unreached(&api.client, &message),
            Failure::Lost { .. } | Failure::TooLarge => SendError::InDoubt { message },
        }
    })?;
    if answer.status.is_success() {
        return confirmed(api, request, user, &answer).await;
    }
    refused(api, request, user, &answer).await
}

/// Success is not believed: what the answer does not show is read back.
async fn confirmed(api: &Api, request: &AdminRequest, user: &ApiId, answer: &Answer) -> Result<Granted, SendError> {
    if !matches!(request, AdminRequest::PatchUser { .. } | AdminRequest::MoveOffice { .. }) {
        return Ok(Granted::default());
    }
    let json = super::super::scim::parse(&answer.body).ok();
    let told = json.as_ref().and_then(super::people::member).map(|member| lacking(request, &member));
    let not_stored = match told {
        Some(lacks) if lacks.is_empty() => lacks,
        told => match read::user(api, user).await {
            Ok(Some(member)) => lacking(request, &member),
            // What cannot be read back is judged by the answer.
            Ok(None) | Err(_) => told.unwrap_or_default(),
        },
    };
    Ok(Granted { already: false, not_stored })
}

async fn refused(api: &Api, request: &AdminRequest, user: &ApiId, answer: &Answer) -> Result<Granted, SendError> {
    let message = api.said(answer);
    let status = answer.status.as_u16();
    match (status, kind(request)) {
        (404 | 410, Kind::Takes) => return Ok(Granted { already: true, ..Granted::default() }),
        (409, Kind::Adds) => return already(api, request, user, &message).await,
        // There are services that say it with a 400.
        (400, Kind::Adds) if fold(&message).contains("already") => return already(api, request, user, &message).await,
        _ => {}
    }
    Err(match status {
        401 => SendError::Credentials { status, message },
        404 | 410 => SendError::Gone { message },
        409 => SendError::Conflict { message },
        429 => SendError::NotSent { message },
        408 | 502 | 503 | 504 => SendError::InDoubt { message },
        _ if takes_a_seat(request) && is_of_seats(status, &message) => {
            SendError::Refused { status, message: format!("no licence free: {message}") }
        }
        status => SendError::Refused { status, message },
    })
}

/// What a request does, for judging a refusal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Adds something that may be there.
    Adds,
    /// Takes something away that may be gone.
    Takes,
    /// Sets something.
    Sets,
}

fn kind(request: &AdminRequest) -> Kind {
    match request {
        AdminRequest::AddOperator { .. }
        | AdminRequest::AssignPolicy { .. }
        | AdminRequest::AddChannelMember { .. } => Kind::Adds,
        AdminRequest::RemoveOperator { .. }
        | AdminRequest::UnassignPolicy { .. }
        | AdminRequest::RemoveChannelMember { .. } => Kind::Takes,
        AdminRequest::PatchUser { .. } | AdminRequest::MoveOffice { .. } | AdminRequest::SetSkill { .. } => Kind::Sets,
    }
}

/// Somebody is there already. An operator may be there as something else, which adding does not change.
async fn already(api: &Api, request: &AdminRequest, user: &ApiId, message: &str) -> Result<Granted, SendError> {
    let so = Granted { already: true, ..Granted::default() };
    let AdminRequest::AddOperator { group, post, skill, .. } = request else { return Ok(so) };
    let (OperatorsOf::Department(id) | OperatorsOf::ContactCenter(id)) = group;
    let held = match read::user(api, user).await {
        Ok(member) => member.and_then(|member| member.roles.get(id).copied()),
        Err(trouble) => {
            let message = format!("{message}; as what cannot be seen: {}", because(&trouble));
            return Err(SendError::Conflict { message });
        }
    };
    if let Some(held) = held.filter(|held| held != post) {
        let (is, wanted, place) = (as_post(held), as_post(*post), place(group));
        let message = format!("{message}; it is {is} of {place}, not {wanted}; plan again");
        return Err(SendError::Conflict { message });
    }
    match (group, skill) {
        (OperatorsOf::ContactCenter(center), Some(skill)) => {
            let (contact_center, skill, user_ref) = (center.clone(), *skill, request.user().clone());
            let request = AdminRequest::SetSkill { contact_center, user: user_ref, skill };
            Box::pin(once(api, &request, user, &wire::write(&request, user))).await.map(|_| Granted::default())
        }
        (OperatorsOf::ContactCenter(_) | OperatorsOf::Department(_), _) => Ok(so),
    }
}

fn takes_a_seat(request: &AdminRequest) -> bool {
    match request {
        AdminRequest::PatchUser { fields, .. } => {
            fields.iter().any(|field| matches!(field, UserField::License(_) | UserField::Office(_)))
        }
        AdminRequest::AddOperator { .. } | AdminRequest::MoveOffice { .. } => true,
        AdminRequest::RemoveOperator { .. }
        | AdminRequest::SetSkill { .. }
        | AdminRequest::AssignPolicy { .. }
        | AdminRequest::UnassignPolicy { .. }
        | AdminRequest::AddChannelMember { .. }
        | AdminRequest::RemoveChannelMember { .. } => false,
    }
}

/// A refusal for want of a seat. What it looks like is not documented; one customer
/// was answered `Billing issue: "transaction failed"`.
fn is_of_seats(status: u16, message: &str) -> bool {
    let message = fold(message);
    status == 402
        || (matches!(status, 400 | 403 | 409 | 422)
            && ["billing", "transaction failed", "license", "licence", "seat"]
                .iter()
                .any(|word| message.contains(word)))
}

/// Fields that a record does not hold as they were sent.
fn lacking(request: &AdminRequest, held: &Member) -> Vec<AttrPath> {
    let fields = match request {
        AdminRequest::PatchUser { fields, .. } => fields.as_slice(),
        AdminRequest::MoveOffice { office, .. } => {
            let name = (held.office.as_ref() != Some(office)).then(|| AttrPath::core("office_id"));
            return name.into_iter().collect();
        }
        AdminRequest::AddOperator { .. }
        | AdminRequest::RemoveOperator { .. }
        | AdminRequest::SetSkill { .. }
        | AdminRequest::AssignPolicy { .. }
        | AdminRequest::UnassignPolicy { .. }
        | AdminRequest::AddChannelMember { .. }
        | AdminRequest::RemoveChannelMember { .. } => return Vec::new(),
    };
    fields.iter().filter_map(|field| lacks(field, held)).map(AttrPath::core).collect()
}

/// The name of the field, if the record does not hold it as it was sent.
fn lacks(field: &UserField, held: &Member) -> Option<&'static str> {
    let text = |held: &Option<Text>| held.clone().unwrap_or_default();
    let (name, holds) = match field {
        UserField::License(license) => ("license", held.license.as_ref() == Some(license)),
        // It says what happens with numbers and is stored nowhere.
        UserField::KeepPaidNumbers(_) => return None,
        UserField::Office(office) => ("office_id", held.office.as_ref() == Some(office)),
        UserField::AdminOffices(offices) => {
            let all = |offices: &[ApiId]| offices.iter().cloned().collect::<BTreeSet<_>>();
            ("admin_office_ids", all(offices) == all(&held.admin_offices))
        }
        UserField::CompanyAdmin(admin) => ("is_super_admin", held.company_admin == *admin),
        UserField::JobTitle(title) => ("job_title", text(&held.job_title).trim() == title.trim()),
        UserField::Extension(extension) => ("extension", text(&held.extension).trim() == extension.trim()),
        UserField::ForwardingNumbers(numbers) => {
            let all = |numbers: &[Text]| numbers.iter().map(|number| digits(number)).collect::<BTreeSet<_>>();
            ("forwarding_numbers", all(numbers) == all(&held.forwarding_numbers))
        }
        UserField::InternationalDialing(enabled) => {
            ("international_dialing_enabled", held.international_dialing.unwrap_or(false) == *enabled)
        }
    };
    (!holds).then_some(name)
}

/// A number without the signs that people write between its digits.
fn digits(number: &str) -> String {
    number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

/// Whether a segment of a path would make another path of it.
fn leads_elsewhere(path: &str) -> bool {
    path.split('/').skip(1).any(|segment| ["", ".", ".."].contains(&segment))
}
