//! Reading a tenant: each part by itself, all at the same time under one limiter,
//! so that a part that cannot be read leaves the others as they are.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Mutex, PoisonError},
};

use http::StatusCode;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::{
    super::{
        Progress, Read, ReadError,
        scim::{self, Trouble, escaped, unusable},
    },
    Api, Part, People, Wanted, because,
    pages::{self, Seen},
    people, places,
};
use crate::{
    live::tenant::{Channel, Company, ContactCenter, Department, Member, Office, Operator, Policy, Section, Tenant},
    names::{ApiId, Text, count},
};

/// Everybody, suspended and pending people included.
const USERS: &str = "/users?state=all";

/// A part of the tenant: what it holds, and which sections are not whole and why.
struct Gathered<T> {
    items: Vec<T>,
    unread: Vec<(Section, Text)>,
}

impl<T> Gathered<T> {
    fn of(items: Vec<T>) -> Self {
        Self { items, unread: Vec::new() }
    }

    /// A part that could not be read at all.
    fn failed(section: Section, trouble: &Trouble) -> Self {
        Self { items: Vec::new(), unread: vec![(section, because(trouble).into())] }
    }
}

/// Reads what is wanted of a tenant.
///
/// # Errors
/// When the key is refused for the people. A part that cannot be read is named in
/// [`Tenant::unread`], and the rest goes on.
pub(in crate::dialpad) async fn tenant(
    api: &Api,
    wanted: &Wanted,
    progress: Progress<'_>,
) -> Result<Tenant, ReadError> {
    let before = api.client.sent().requests;
    let told = Mutex::new(0);
    let seen = |more: u64| {
        let mut read = told.lock().unwrap_or_else(PoisonError::into_inner);
        *read += more;
        progress(Read { read: *read, total: *read });
    };
    let seen: Seen<'_> = &seen;
    let (users, company, offices, departments, contact_centers, policies, channels) = tokio::try_join!(
        users(api, &wanted.people, seen),
        async { Ok(if wanted.company { company(api).await } else { None }) },
        async { Ok(offices(api, wanted, seen).await) },
        async { Ok(departments(api, &wanted.departments, seen).await) },
        async { Ok(contact_centers(api, wanted, seen).await) },
        async { Ok(policies(api, &wanted.policies, seen).await) },
        async { Ok(channels(api, &wanted.channels, seen).await) },
    )?;
    let (users, of_users) = users;
    let mut unread = BTreeMap::new();
    for (section, why) in
        [users.unread, offices.unread, departments.unread, contact_centers.unread, policies.unread, channels.unread]
            .into_iter()
            .flatten()
    {
        unread.entry(section).or_insert(why);
    }
    let mut tenant = Tenant {
        // A key that is no company admin's may not ask for the company; people tell its id.
        company: company.or(of_users.map(|id| Company { id, name: None })),
        users: users.items,
        offices: offices.items,
        departments: departments.items,
        contact_centers: contact_centers.items,
        policies: policies.items,
        channels: channels.items,
        unread,
        requests: api.client.sent().requests - before,
    };
    tell_posts(&mut tenant);
    Ok(tenant)
}

/// What people are in a group is told in their own record; the group's list may lack it.
fn tell_posts(tenant: &mut Tenant) {
    let roles: BTreeMap<&ApiId, &BTreeMap<ApiId, _>> =
        tenant.users.iter().map(|user| (&user.id, &user.roles)).collect();
    let tell = |group: &ApiId, operators: &mut Option<Vec<Operator>>| {
        for operator in operators.iter_mut().flatten() {
            operator.post = roles.get(&operator.user).and_then(|roles| roles.get(group)).copied().or(operator.post);
        }
    };
    for department in &mut tenant.departments {
        tell(&department.id, &mut department.operators);
    }
    for center in &mut tenant.contact_centers {
        tell(&center.id, &mut center.operators);
    }
}

/// The people, and the company that one of them tells.
async fn users(api: &Api, wanted: &People, seen: Seen<'_>) -> Result<(Gathered<Member>, Option<ApiId>), ReadError> {
    let company = Mutex::new(None);
    let tell = |json: &serde_json::Value| {
        let mut company = company.lock().unwrap_or_else(PoisonError::into_inner);
        if company.is_none() {
            *company = super::value::id_at(json, "company_id");
        }
    };
    let read = match wanted {
        People::None => Ok(Vec::new()),
        People::Only(ids) => one_by_one(api, ids.iter().cloned().collect(), seen).await,
        People::All => {
            let read = |json: &_| {
                tell(json);
                people::member(json).map(|member| (member.id.clone(), member))
            };
            pages::list(api, USERS, "the people", read, seen).await
        }
    };
    let gathered = match read {
        Ok(items) => Gathered::of(items),
        Err(Trouble { error: error @ ReadError::Credentials { .. }, .. }) => return Err(error),
        // That nothing listens there is no part that is missing.
        Err(Trouble { status: None, error: error @ ReadError::Unreachable { .. } }) => return Err(error),
        Err(trouble) => Gathered::failed(Section::Users, &trouble),
    };
    let company = company.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((gathered, company))
}

/// Some people, each by a request. Who is not there is left out.
async fn one_by_one(api: &Api, ids: Vec<ApiId>, seen: Seen<'_>) -> Result<Vec<Member>, Trouble> {
    let read = each(api, ids, |api, id| async move { user(&api, &id).await }).await;
    let mut found = Vec::new();
    for (_, user) in read {
        found.extend(user?);
        seen(1);
    }
    Ok(found)
}

/// One person's record; `None` when it is not there.
pub(super) async fn user(api: &Api, id: &ApiId) -> Result<Option<Member>, Trouble> {
    match api.get(&format!("/users/{}", escaped(id.as_str())), "a person").await {
        Ok(json) => match people::member(&json) {
            Some(member) if member.id != *id => {
                let message = format!("asked for {id}, it answered with {}", api.client.fit(member.id.as_str()));
                Err(unusable(&api.client, "a person".to_owned(), message).into())
            }
            member => Ok(member),
        },
        Err(Trouble { status: Some(StatusCode::NOT_FOUND | StatusCode::GONE), .. }) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// The company, where the key may ask for it.
pub(super) async fn company(api: &Api) -> Option<Company> {
    match api.get("/company", "the company").await {
        Ok(json) => places::company(&json),
        Err(trouble) => {
            tracing::info!(why = because(&trouble), "the company is not told");
            None
        }
    }
}

/// The company, or where the key may not ask for it, that which the first people tell.
pub(in crate::dialpad) async fn whose(api: &Api) -> Option<Company> {
    if let Some(company) = company(api).await {
        return Some(company);
    }
    let page = api.get(USERS, "the people").await.ok()?;
    let told = super::value::list_at(&page, "items").iter().find_map(|user| super::value::id_at(user, "company_id"));
    told.map(|id| Company { id, name: None })
}

async fn offices(api: &Api, wanted: &Wanted, seen: Seen<'_>) -> Gathered<Office> {
    if !wanted.offices && !wanted.seats {
        return Gathered::of(Vec::new());
    }
    let mut offices = match pages::list(api, "/offices", "offices", places::office, seen).await {
        Ok(offices) => offices,
        Err(trouble) => {
            let mut failed = Gathered::failed(Section::Offices, &trouble);
            if wanted.seats {
                failed.unread.push((Section::Seats, "the offices could not be read".into()));
            }
            return failed;
        }
    };
    let mut unread = Vec::new();
    if wanted.seats {
        let ids = offices.iter().map(|office| office.id.clone()).collect();
        let read = each(api, ids, |api, id| async move {
            let json =
                api.get(&format!("/offices/{}/available_licenses", escaped(id.as_str())), "free licences").await?;
            let wrong = || unusable(&api.client, "free licences".to_owned(), "expected an object".to_owned()).into();
            places::seats(&json).ok_or_else(wrong)
        });
        unread
            .extend(put(Section::Seats, "offices", read.await, &mut offices, |office| (&office.id, &mut office.free)));
    }
    Gathered { items: offices, unread }
}

async fn departments(api: &Api, wanted: &Part, seen: Seen<'_>) -> Gathered<Department> {
    if wanted.is_none() {
        return Gathered::of(Vec::new());
    }
    let mut items = match pages::list(api, "/departments", "departments", places::department, seen).await {
        Ok(items) => items,
        Err(trouble) => return Gathered::failed(Section::Departments, &trouble),
    };
    let ids = items.iter().filter(|item| wanted.takes(&item.id, &item.name)).map(|item| item.id.clone()).collect();
    let read = operators(api, "/departments", ids, seen).await;
    let unread = put(Section::Departments, "departments", read, &mut items, |item| (&item.id, &mut item.operators));
    Gathered { items, unread: unread.into_iter().collect() }
}

async fn contact_centers(api: &Api, wanted: &Wanted, seen: Seen<'_>) -> Gathered<ContactCenter> {
    let Wanted { contact_centers: centers, skills, skills_of, .. } = wanted;
    if centers.is_none() && skills.is_none() {
        return Gathered::of(Vec::new());
    }
    let mut items = match pages::list(api, "/callcenters", "contact centers", places::contact_center, seen).await {
        Ok(items) => items,
        Err(trouble) => {
            let mut failed = Gathered::failed(Section::ContactCenters, &trouble);
            if !skills.is_none() || !skills_of.is_empty() {
                failed.unread.push((Section::Skills, "the contact centers could not be read".into()));
            }
            return failed;
        }
    };
    let takes = |item: &ContactCenter| centers.takes(&item.id, &item.name) || skills.takes(&item.id, &item.name);
    let ids = items.iter().filter(|item| takes(item)).map(|item| item.id.clone()).collect();
    let read = operators(api, "/callcenters", ids, seen).await;
    let unread =
        put(Section::ContactCenters, "contact centers", read, &mut items, |item| (&item.id, &mut item.operators));
    let mut unread: Vec<_> = unread.into_iter().collect();
    unread.extend(put_skills(api, skills, skills_of, &mut items, seen).await);
    Gathered { items, unread }
}

/// One request for each contact center and operator: the lists do not tell the skill.
async fn put_skills(
    api: &Api,
    wanted: &Part,
    wanted_of: &std::collections::BTreeSet<(ApiId, ApiId)>,
    centers: &mut [ContactCenter],
    seen: Seen<'_>,
) -> Option<(Section, Text)> {
    let takes = |center: &ContactCenter, user: &ApiId| {
        wanted.takes(&center.id, &center.name) || wanted_of.contains(&(center.id.clone(), user.clone()))
    };
    let of = |center: &ContactCenter| -> Vec<(ApiId, ApiId)> {
        let operators = center.operators.iter().flatten().map(|operator| &operator.user);
        operators.filter(|user| takes(center, user)).map(|user| (center.id.clone(), user.clone())).collect()
    };
    let pairs: Vec<(ApiId, ApiId)> = centers.iter().flat_map(of).collect();
    let all = pairs.len();
    let read = each(api, pairs, |api, (center, user)| async move {
        let path = format!("/callcenters/{}/operators/{}/skill", escaped(center.as_str()), escaped(user.as_str()));
        let json = api.get(&path, "a skill").await?;
        let wrong = || unusable(&api.client, "a skill".to_owned(), "expected a level from 1 to 100".to_owned()).into();
        places::skill(&json).ok_or_else(wrong)
    });
    let (mut failed, mut first) = (0, None);
    for ((center, user), skill) in read.await {
        match skill {
            Ok(level) => {
                seen(1);
                let center = centers.iter_mut().find(|known| known.id == center);
                let mut operators = center.into_iter().flat_map(|center| center.operators.iter_mut().flatten());
                if let Some(operator) = operators.find(|operator| operator.user == user) {
                    operator.skill = Some(level);
                }
            }
            Err(trouble) => {
                failed += 1;
                first.get_or_insert_with(|| because(&trouble));
            }
        }
    }
    first.map(|first| (Section::Skills, format!("{failed} of {}: {first}", count(all, "skill", "skills")).into()))
}

async fn policies(api: &Api, wanted: &Part, seen: Seen<'_>) -> Gathered<Policy> {
    if wanted.is_none() {
        return Gathered::of(Vec::new());
    }
    let mut items = match pages::list(api, "/accesscontrolpolicies", "policies", places::policy, seen).await {
        Ok(items) => items,
        Err(trouble) => return Gathered::failed(Section::Policies, &trouble),
    };
    let ids = items.iter().filter(|item| wanted.takes(&item.id, &item.name)).map(|item| item.id.clone()).collect();
    let read = each(api, ids, |api, id| async move {
        let path = format!("/accesscontrolpolicies/{}/assignments", escaped(id.as_str()));
        let read = pages::list(&api, &path, "assignments", places::assignments, &|_| {}).await?;
        Ok(read.into_iter().flatten().collect())
    });
    let unread = put(Section::Policies, "policies", read.await, &mut items, |item| (&item.id, &mut item.assignments));
    Gathered { items, unread: unread.into_iter().collect() }
}

async fn channels(api: &Api, wanted: &Part, seen: Seen<'_>) -> Gathered<Channel> {
    if wanted.is_none() {
        return Gathered::of(Vec::new());
    }
    let mut items = match pages::list(api, "/channels", "channels", places::channel, seen).await {
        Ok(items) => items,
        Err(trouble) => return Gathered::failed(Section::Channels, &trouble),
    };
    let ids = items.iter().filter(|item| wanted.takes(&item.id, &item.name)).map(|item| item.id.clone()).collect();
    let read = each(api, ids, |api, id| async move {
        let path = format!("/channels/{}/members", escaped(id.as_str()));
        pages::list(&api, &path, "members", places::channel_member, &|_| {}).await
    });
    let unread = put(Section::Channels, "channels", read.await, &mut items, |item| (&item.id, &mut item.members));
    Gathered { items, unread: unread.into_iter().collect() }
}

/// The operators of these groups. They come all at once, without a cursor.
async fn operators(
    api: &Api,
    path: &'static str,
    ids: Vec<ApiId>,
    seen: Seen<'_>,
) -> Vec<(ApiId, Result<Vec<Operator>, Trouble>)> {
    let read = each(api, ids, |api, id| async move {
        let json = api.get(&format!("{path}/{}/operators", escaped(id.as_str())), "operators").await?;
        if !json.is_object() {
            let message = format!("expected an object with `users`, found {}", scim::kind(&json));
            return Err(unusable(&api.client, "operators".to_owned(), message).into());
        }
        Ok(places::operators(&json, &id))
    });
    let read = read.await;
    seen(
        read.iter().filter_map(|(_, operators)| operators.as_ref().ok()).map(|operators| operators.len() as u64).sum(),
    );
    read
}

/// Puts what was read of each into its item, and says of how many it could not be read.
fn put<I, T>(
    section: Section,
    many: &str,
    read: Vec<(ApiId, Result<T, Trouble>)>,
    items: &mut [I],
    place: impl Fn(&mut I) -> (&ApiId, &mut Option<T>),
) -> Option<(Section, Text)> {
    let all = read.len();
    let (mut failed, mut first) = (0, None);
    let mut good = BTreeMap::new();
    for (id, one) in read {
        match one {
            Ok(one) => {
                good.insert(id, one);
            }
            Err(trouble) => {
                failed += 1;
                first.get_or_insert_with(|| because(&trouble));
            }
        }
    }
    for item in items {
        let (id, place) = place(item);
        *place = good.remove(id);
    }
    first.map(|first| (section, format!("{failed} of {all} {many}: {first}").into()))
}

/// Asks for each key, as many at once as may be under way.
async fn each<K, T, F>(api: &Api, keys: Vec<K>, ask: impl Fn(Api, K) -> F) -> Vec<(K, Result<T, Trouble>)>
where
    K: Clone + Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, Trouble>> + Send + 'static,
{
    let mut asking = JoinSet::new();
    let mut keys = keys.into_iter();
    let mut all = Vec::new();
    loop {
        while asking.len() < api.at_once
            && let Some(key) = keys.next()
        {
            let asked = ask(api.clone(), key.clone());
            asking.spawn(async move { (key, asked.await) }.in_current_span());
        }
        match asking.join_next().await {
            Some(Ok(one)) => all.push(one),
            // A task ends unexpectedly only with the runtime.
            Some(Err(_)) => {}
            None => return all,
        }
    }
}
