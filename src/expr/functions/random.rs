//! Values that differ each time, from a seed, so that a plan stays a plan.

use super::{Args, Flaw, Stop, Val};
use crate::{
    expr::tree::{Form, Node, Prepared},
    names::Value,
};

type Result<'a> = std::result::Result<Val<'a>, Stop>;

/// Longest random text (Microsoft's reference).
const MAX_LENGTH: i64 = 256;

/// The character sets of the Windows password policy, in order of the parameters.
const SETS: [&str; 4] =
    ["0123456789", "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"];

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough for values that
/// must differ but keep no secret.
struct Random(u64);

impl Random {
    /// A stream of its own for each call of an expression.
    fn of(args: &Args) -> Self {
        let mut random = Self(args.run.world.seed ^ (args.offset() as u64).wrapping_mul(0xd6e8_feb8_6659_fd93));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number under `limit`, which is small, so that the bias does not matter.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or(0)
    }
}

/// A version 4 UUID (RFC 9562 §5.4) in lower case.
pub(super) fn guid<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let mut random = Random::of(args);
    let high = (random.next() & !0xf000) | 0x4000;
    let low = (random.next() & !(0b11 << 62)) | (0b10 << 62);
    let text = format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    );
    Ok(Val::Text(text.into()))
}

pub(super) fn string<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let mut numbers = [0i64; 5];
    for (i, number) in numbers.iter_mut().enumerate() {
        let Some(given) = args.integer(i)? else { return Ok(Val::Null) };
        *number = given;
    }
    let avoided = args.text(5)?.unwrap_or_default();
    if let Some(message) = impossible(numbers, &avoided) {
        return Err(args.fail("impossible_length", message));
    }
    let allowed = |set: &str| set.chars().filter(|c| !avoided.contains(*c)).collect::<Vec<_>>();
    let mut random = Random::of(args);
    let mut text = Vec::new();
    for (set, least) in SETS.into_iter().zip(&numbers[1..]) {
        let set = allowed(set);
        text.extend((0..*least).filter_map(|_| set.get(random.below(set.len()))));
    }
    let all = allowed(&SETS.concat());
    while i64::try_from(text.len()).unwrap_or(i64::MAX) < numbers[0] {
        let Some(c) = all.get(random.below(all.len())) else { break };
        text.push(*c);
    }
    for i in (1..text.len()).rev() {
        text.swap(i, random.below(i + 1));
    }
    args.made(text.into_iter().collect())
}

/// Why no text can satisfy these numbers.
fn impossible([length, minimums @ ..]: [i64; 5], avoided: &str) -> Option<String> {
    if !(1..=MAX_LENGTH).contains(&length) {
        return Some(format!("the length is from 1 to {MAX_LENGTH}, here it is {length}"));
    }
    if minimums.iter().any(|least| *least < 0) {
        return Some("a minimum is not negative".to_owned());
    }
    let sum = minimums.iter().fold(0i64, |sum, least| sum.saturating_add(*least));
    if sum > length {
        return Some(format!("the minimums add up to {sum}, more than the length {length}"));
    }
    let left = |set: &str| set.chars().any(|c| !avoided.contains(c));
    if SETS.iter().zip(minimums).any(|(set, least)| least > 0 && !left(set)) || !SETS.into_iter().any(left) {
        return Some("the characters to avoid leave none to choose from".to_owned());
    }
    None
}

/// The same, before there is a person, when all numbers are written out.
pub(super) fn check(args: &[Node]) -> Vec<Flaw> {
    let number = |i: usize| match args.get(i).map(|arg| &arg.form) {
        Some(Form::Literal(_, Prepared::Integer(number)) | Form::Literal(Value::Integer(number), _)) => Some(*number),
        _ => None,
    };
    let avoided = args.get(5).map_or(Some(""), |arg| match arg.form {
        Form::Omitted => Some(""),
        _ => arg.literal_text(),
    });
    let (Some(length), Some(digits), Some(special), Some(capital), Some(lower), Some(avoided)) =
        (number(0), number(1), number(2), number(3), number(4), avoided)
    else {
        return Vec::new();
    };
    let flaw = |message| Flaw { code: "impossible_length", message, help: None, arg: None };
    impossible([length, digits, special, capital, lower], avoided).map(flaw).into_iter().collect()
}
