//! What goes wrong, and when.

/// What is answered instead.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A status with Graph's error body, and `Retry-After` if there is one.
    Status(u16, &'static str, Option<String>),
    /// A page of HTML with this status.
    Html(u16),
    /// This text, as if it were the answer, with status 200.
    Text(String),
    /// The connection breaks in the middle of the body.
    Cut,
    /// Every property but the id and the type is null.
    Nulls,
}

/// An answer for requests or parts of batches.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What the method and the address contain: `GET /groups/`, `/$batch`.
    pub at: String,
    /// How many are let pass before.
    pub skip: usize,
    /// How often it happens.
    pub times: usize,
    pub answer: Answer,
}

impl Fault {
    pub fn once(at: &str, answer: Answer) -> Self {
        Self { at: at.to_owned(), skip: 0, times: 1, answer }
    }

    pub fn always(at: &str, answer: Answer) -> Self {
        Self { at: at.to_owned(), skip: 0, times: usize::MAX, answer }
    }

    pub fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }
}

/// The next answer of the script for a request, if it has one.
pub fn next(script: &mut [Fault], request: &str) -> Option<Answer> {
    for fault in script.iter_mut().filter(|fault| request.contains(&fault.at)) {
        if fault.skip > 0 {
            fault.skip -= 1;
        } else if fault.times > 0 {
            fault.times -= 1;
            return Some(fault.answer.clone());
        }
    }
    None
}
