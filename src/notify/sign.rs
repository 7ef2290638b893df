//! Signs messages for programs as Standard Webhooks has it:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use jiff::Timestamp;
use ring::hmac;

use crate::names::Secret;

/// What the specification puts before a key.
const PREFIX: &str = "whsec_";

/// The fewest bytes of a key; the specification asks for 24 to 64.
const FEWEST: usize = 24;

/// Signs.
pub struct Signer(hmac::Key);

/// Why a key cannot sign. It never holds the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Not base64 behind the prefix.
    #[error("what stands behind `whsec_` is not base64; is the key whole?")]
    NotBase64,
    /// Too short to keep anybody out.
    #[error("the key has fewer than {FEWEST} bytes; make one with `echo whsec_$(openssl rand -base64 32)`")]
    Short,
}

impl Signer {
    /// Of a key: base64 behind `whsec_`, or any other text as it is.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(key: &Secret) -> Result<Self, SignError> {
        let bytes = match key.expose().strip_prefix(PREFIX) {
            None => key.expose().as_bytes().to_vec(),
            Some(text) => {
                STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).map_err(|_| SignError::NotBase64)?
            }
        };
        if bytes.len() < FEWEST {
            return Err(SignError::Short);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The header `webhook-signature` of a message.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{}.", at.as_second()).as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(••••••)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_specification_says() {
        // The example of the specification, and of the tests of its libraries.
        let key = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signer = Signer::new(&key).unwrap();
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_key_that_keeps_nobody_out_is_refused_and_not_told() {
        for (key, why) in
            [("hunter2", SignError::Short), ("whsec_!!", SignError::NotBase64), ("whsec_aGk=", SignError::Short)]
        {
            let error = Signer::new(&Secret::new(key)).unwrap_err();
            assert_eq!(error, why);
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
