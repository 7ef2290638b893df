//! Members that a listing leaves out.
//!
//! Some services list groups without their members, or with the first few. Where
//! that may be so, a few groups are read by themselves; if they then have more
//! members, all doubtful ones are read so.

use tokio::task::JoinSet;
use tracing::Instrument;

use super::{
    ReadError, Reader,
    scim::{joined, listing::Claims},
};
use crate::{
    live::Group,
    names::{Complete, Reading},
};

/// How many groups are read to find out whether the listing can be believed.
const SAMPLES: usize = 3;

/// Reads by themselves the groups whose members the listing left out.
///
/// # Errors
/// When the credentials are refused. Anything else makes the groups incomplete.
pub(super) async fn complete(
    reader: &Reader,
    claims: &Claims,
    groups: &mut Reading<Vec<Group>>,
) -> Result<(), ReadError> {
    let Reading::Complete(listed) = groups else { return Ok(()) };
    let doubtful = doubtful(listed.items(), claims);
    if doubtful.is_empty() {
        return Ok(());
    }
    let mut items = listed.items().clone();
    let samples = samples(&doubtful);
    let outcome = match read(reader, &mut items, &samples).await {
        Ok(false) => return Ok(()),
        Ok(true) => {
            let rest: Vec<usize> = doubtful.into_iter().filter(|at| !samples.contains(at)).collect();
            read(reader, &mut items, &rest).await
        }
        Err(error) => Err(error),
    };
    *groups = match outcome {
        Ok(_) => Reading::Complete(Complete::attest(items)),
        Err(error @ ReadError::Credentials { .. }) => return Err(error),
        Err(error) => {
            let because = format!("members are not all known: failed to {error}");
            Reading::Incomplete { items, because }
        }
    };
    Ok(())
}

/// Groups of which accounts say that they have more members than are listed;
/// all groups, where none has a member.
fn doubtful(groups: &[Group], claims: &Claims) -> Vec<usize> {
    let nobody = groups.iter().all(|group| group.members.is_empty());
    let more = |group: &Group| claims.get(&group.id).is_some_and(|claimed| *claimed > group.members.len() as u64);
    groups.iter().enumerate().filter(|(_, group)| nobody || more(group)).map(|(at, _)| at).collect()
}

/// The first, the last and one between.
fn samples(doubtful: &[usize]) -> Vec<usize> {
    let last = doubtful.len().saturating_sub(1);
    let mut samples: Vec<usize> =
        (0..SAMPLES).filter_map(|n| doubtful.get(last * n / (SAMPLES - 1))).copied().collect();
    samples.dedup();
    samples
}

/// Reads these groups; whether any has more members than were listed.
async fn read(reader: &Reader, items: &mut [Group], which: &[usize]) -> Result<bool, ReadError> {
    let mut under_way = JoinSet::new();
    let mut waiting = which.iter();
    let mut more = false;
    loop {
        while under_way.len() < reader.at_once()
            && let Some(&at) = waiting.next()
        {
            let (reader, id) = (reader.clone(), items[at].id.clone());
            let read = async move { reader.group(&id).await.map(|group| (at, group)) };
            under_way.spawn(read.in_current_span());
        }
        let Some((at, group)) = joined(under_way.join_next().await)? else { break };
        // A group that went meanwhile stays as it was listed; the next reading will miss it.
        if let Some(group) = group {
            more |= group.members.len() > items[at].members.len();
            items[at] = group;
        }
    }
    Ok(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str, members: &[&str]) -> Group {
        let members = members.iter().map(|id| (*id).into()).collect();
        Group { id: id.into(), attributes: [].into_iter().collect(), members, version: None }
    }

    #[test]
    fn a_listing_is_doubted_when_nobody_is_a_member_or_accounts_say_otherwise() {
        const NONE: [usize; 0] = [];
        let claims = Claims::from([("b".into(), 2), ("c".into(), 1)]);
        assert_eq!(doubtful(&[group("a", &[]), group("b", &["1"]), group("c", &["1"])], &claims), [1]);
        assert_eq!(doubtful(&[group("a", &[]), group("b", &["1"])], &Claims::new()), NONE);
        assert_eq!(doubtful(&[group("a", &[]), group("b", &[])], &Claims::new()), [0, 1]);
        assert_eq!(doubtful(&[], &claims), NONE);
    }

    #[test]
    fn few_groups_are_enough_to_tell() {
        assert_eq!(samples(&[4]), [4]);
        assert_eq!(samples(&[4, 6]), [4, 6]);
        assert_eq!(samples(&(0..100).collect::<Vec<_>>()), [0, 49, 99]);
    }
}
