//! Messages from the editor: JSON-RPC behind headers, on standard input.
//!
//! What is no message is told from the end of the input, so that one broken
//! message does not end the session, and no header makes us take more memory
//! than a message can need.

use std::io::{self, BufRead, Read};

use lsp_server::Message;

/// The largest message, in bytes. A manifest has at most 4 MiB.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;
/// The longest line of a header.
const MAX_HEADER: u64 = 8 * 1024;

/// What came.
#[derive(Debug)]
pub(super) enum Received {
    /// A message.
    Message(Box<Message>),
    /// Something else, and why: a lower-case fragment.
    Broken(String),
}

/// Reads what comes next; `None` at the end of the input.
///
/// # Errors
/// When reading fails, or what comes is not cut into messages any more.
pub(super) fn next(input: &mut impl BufRead) -> io::Result<Option<Received>> {
    let Some(length) = header(input)? else { return Ok(None) };
    if length > MAX_MESSAGE {
        let skipped = io::copy(&mut input.take(length as u64), &mut io::sink())?;
        let message = format!("the message has {skipped} bytes; at most {MAX_MESSAGE} are read");
        return Ok(Some(Received::Broken(message)));
    }
    let mut body = Vec::new();
    input.take(length as u64).read_to_end(&mut body)?;
    if body.len() < length {
        return Ok(None);
    }
    let read = serde_json::from_slice::<Message>(&body);
    Ok(Some(match read {
        Ok(message) => Received::Message(Box::new(message)),
        Err(error) => Received::Broken(format!("the message is not JSON-RPC: {error}")),
    }))
}

/// Reads a header for the length of the message behind it.
fn header(input: &mut impl BufRead) -> io::Result<Option<usize>> {
    let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(MAX_HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        if line.is_empty() {
            return length.map(Some).ok_or_else(|| broken("a message came without `Content-Length`"));
        }
        let Some((name, value)) = line.split_once(':') else {
            return Err(broken(
                "expected a header such as `Content-Length: 42`; editors start this command, people do not",
            ));
        };
        if name.eq_ignore_ascii_case("Content-Length") {
            let value = value.trim().parse::<usize>();
            length = Some(value.map_err(|_| broken("`Content-Length` is not a number"))?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<String> {
        let mut input = input;
        let mut found = Vec::new();
        loop {
            match next(&mut input) {
                Ok(Some(Received::Message(message))) => {
                    found.push(format!("{:?}", matches!(*message, Message::Request(_))));
                }
                Ok(Some(Received::Broken(why))) => found.push(why),
                Ok(None) => return found,
                Err(error) => {
                    found.push(error.to_string());
                    return found;
                }
            }
        }
    }

    #[test]
    fn a_broken_message_does_not_end_the_reading() {
        let good = r#"{"jsonrpc":"2.0","id":1,"method":"shutdown"}"#;
        let framed = |body: &[u8]| [format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat();
        let input = [framed(b"{"), framed(b"\"\xff\""), framed(good.as_bytes())].concat();
        let found = all(&input);
        assert!(found[0].starts_with("the message is not JSON-RPC"), "{found:?}");
        assert!(found[1].starts_with("the message is not JSON-RPC"), "{found:?}");
        assert_eq!(found[2..], ["true"]);
    }

    #[test]
    fn no_header_takes_memory_or_goes_on_for_ever() {
        assert_eq!(all(b""), [""; 0]);
        assert!(all(b"Content-Length: 99999999999999\r\n\r\nx")[0].starts_with("the message has 1 bytes"));
        assert!(all(b"Content-Length: many\r\n\r\n")[0].contains("not a number"));
        assert!(all(b"\r\n")[0].contains("without `Content-Length`"));
        assert!(all(b"hello\n")[0].contains("editors start this command"));
        assert_eq!(all(b"Content-Length: 10\r\n\r\n{}"), [""; 0], "cut off");
    }
}
