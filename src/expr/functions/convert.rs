//! From one kind of value to another.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Args, Stop, Val};

type Result<'a> = std::result::Result<Val<'a>, Stop>;

pub(super) fn bit_and<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    Ok(match (args.integer(0)?, args.integer(1)?) {
        (Some(left), Some(right)) => Val::Integer(left & right),
        _ => Val::Null,
    })
}

pub(super) fn cstr<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    Ok(args.text(0)?.map_or(Val::Null, Val::Text))
}

pub(super) fn to_base64<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    let Some(text) = args.text(0)? else { return Ok(Val::Null) };
    args.bounded(text.len().saturating_mul(3))?;
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    args.made(STANDARD.encode(bytes))
}

pub(super) fn to_utf8_hex<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let Some(text) = args.text(0)? else { return Ok(Val::Null) };
    args.bounded(text.len().saturating_mul(2))?;
    let mut hex = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
        hex.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    Ok(Val::Text(hex.into()))
}

pub(super) fn default_domain<'a>(args: &Args<'_, 'a>) -> Result<'a> {
    match &args.run.world.default_domain {
        Some(domain) => Ok(Val::Text(domain.as_ref().into())),
        None => Err(args.fail("no_default_domain", "the default domain of the tenant is not known")),
    }
}
