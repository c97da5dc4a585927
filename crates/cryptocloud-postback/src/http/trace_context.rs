use std::fmt;

/// The W3C Trace Context of a request: the trace that a postback belongs to.
///
/// It comes from the headers `traceparent` and `tracestate`, or with the feature `opentelemetry` from
/// the span `postback`. It says nothing about the payment, and headers that are not valid are as if
/// they were missing.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::TraceContext;
///
/// let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context = TraceContext::parse(traceparent, None);
/// let trace_id = context.as_ref().map(TraceContext::trace_id);
/// assert_eq!(trace_id, Some("4bf92f3577b34da6a3ce929d0e0e4736"));
/// assert!(TraceContext::parse("00-0-0-01", None).is_none());
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct TraceContext {
    traceparent: Box<str>,
    tracestate: Option<Box<str>>,
}

impl TraceContext {
    /// Reads the values of the two headers, by W3C Trace Context Level 2.
    ///
    /// `None` if `traceparent` is not valid. A `tracestate` that is not valid, or longer than 512
    /// bytes, is left out.
    #[must_use]
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        if !is_traceparent(traceparent.as_bytes()) {
            return None;
        }
        // Section 4.3: a version that is not known is continued by the newest one that is.
        let (_, rest) = traceparent.split_once('-')?;
        let tracestate = tracestate.map(str::trim_ascii);
        Some(Self {
            traceparent: format!("00-{rest}").into(),
            tracestate: tracestate.filter(|it| is_tracestate(it)).map(Into::into),
        })
    }

    /// The value of `traceparent`: 55 bytes of version 00.
    #[must_use]
    pub fn traceparent(&self) -> &str {
        &self.traceparent
    }

    /// The value of `tracestate`.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.tracestate.as_deref()
    }

    /// The id of the trace: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.traceparent.split('-').nth(1).unwrap_or_default()
    }
}

/// Both values are printable ASCII.
impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceContext")
            .field("traceparent", &self.traceparent)
            .field("tracestate", &self.tracestate)
            .finish()
    }
}

/// Collects the two headers of a request.
#[derive(Debug, Default)]
pub(crate) struct TraceHeaders<'a> {
    traceparent: Option<&'a [u8]>,
    is_ambiguous: bool,
    tracestate: Vec<u8>,
}

impl<'a> TraceHeaders<'a> {
    pub(crate) fn read(&mut self, name: &str, value: &'a [u8]) {
        if name.eq_ignore_ascii_case("traceparent") {
            self.is_ambiguous |= self.traceparent.replace(value).is_some();
        } else if name.eq_ignore_ascii_case("tracestate")
            && self.tracestate.len() <= MAX_TRACESTATE_BYTES
        {
            // Section 3.3: several headers are one list. One byte too many is enough to leave it out.
            if !self.tracestate.is_empty() {
                self.tracestate.push(b',');
            }
            let most = value.iter().take(MAX_TRACESTATE_BYTES + 1);
            self.tracestate.extend(most);
        }
    }

    pub(crate) fn context(&self) -> Option<TraceContext> {
        let traceparent = self.traceparent.filter(|_| !self.is_ambiguous)?;
        let tracestate = str::from_utf8(&self.tracestate).ok();
        let tracestate = tracestate.filter(|it| !it.is_empty());
        TraceContext::parse(str::from_utf8(traceparent).ok()?, tracestate)
    }
}

/// Section 3.2. What a newer version may append is not taken.
fn is_traceparent(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| *byte == b'-');
    let mut next = |len: usize| parts.next().filter(|part| is_hex(part, len));
    let (version, trace_id) = (next(2), next(32));
    let (parent_id, flags) = (next(16), next(2));
    let is_zero = |id: &[u8]| id.iter().all(|digit| *digit == b'0');
    version.is_some_and(|version| version != b"ff")
        && trace_id.is_some_and(|id| !is_zero(id))
        && parent_id.is_some_and(|id| !is_zero(id))
        && flags.is_some()
        && parts.next().is_none()
}

fn is_hex(text: &[u8], len: usize) -> bool {
    let is_digit = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    text.len() == len && text.iter().all(is_digit)
}

/// Section 3.3.
fn is_tracestate(value: &str) -> bool {
    let members = value.split(',').map(str::trim_ascii);
    let mut members = members.filter(|member| !member.is_empty()).peekable();
    members.peek().is_some()
        && value.len() <= MAX_TRACESTATE_BYTES
        && members.clone().count() <= MAX_MEMBERS
        && members.all(|member| {
            let parts = member.split_once('=');
            parts.is_some_and(|(key, value)| is_key(key.as_bytes()) && is_value(value.as_bytes()))
        })
}

fn is_key(key: &[u8]) -> bool {
    let is_first = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
    let is_part = |byte: &u8| is_first(byte) || b"_-*/@".contains(byte);
    key.len() <= 256 && key.first().is_some_and(is_first) && key.iter().all(is_part)
}

fn is_value(value: &[u8]) -> bool {
    let is_part = |byte: &u8| matches!(byte, b' '..=b'~') && !b",=".contains(byte);
    (1..=256).contains(&value.len()) && value.iter().all(is_part)
}

const MAX_TRACESTATE_BYTES: usize = 512;
const MAX_MEMBERS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[track_caller]
    fn parent(value: &str, expected: Option<&str>) {
        let context = TraceContext::parse(value, None);
        let found = context.as_ref().map(TraceContext::traceparent);
        assert_eq!(found, expected, "{value:?}");
    }

    #[test]
    fn traceparent_is_55_bytes_of_a_known_form() {
        parent(PARENT, Some(PARENT));
        parent(&PARENT.replace("00-4", "cc-4"), Some(PARENT));
        for (from, to) in [
            ("00-4", "ff-4"),
            ("00-4", "0-4"),
            ("00-4", "0g-4"),
            ("00-4", "00-g"),
            ("4bf9", "4BF9"),
            ("4bf9", "4bf"),
            ("4bf9", "4bf99"),
            ("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            ("00f067aa0ba902b7", &"0".repeat(16)),
            ("b7-01", "b7-0"),
            ("b7-01", "b7-001"),
            ("b7-01", "b7"),
            ("b7-01", "b7-01-"),
            ("b7-01", "b7-01-what-the-future-will-be-like"),
            ("b7-01", "b7-0\u{661}"),
            ("00-4", " 00-4"),
            (PARENT, ""),
            (PARENT, "-"),
        ] {
            parent(&PARENT.replace(from, to), None);
        }
    }

    #[track_caller]
    fn state(value: &str, expected: Option<&str>) {
        let context = TraceContext::parse(PARENT, Some(value));
        let found = context.as_ref().and_then(TraceContext::tracestate);
        assert_eq!(found, expected, "{value:?}");
    }

    #[test]
    fn tracestate_is_a_bounded_list() {
        for right in [
            "rojo=00f067aa0ba902b7",
            "rojo=1,congo=t61rcWkgMzE",
            "fw529a3039@dt=FfzJd, ot=th:8 ;x,,",
            "1=a",
        ] {
            state(right, Some(right));
        }
        state("  rojo=1 ", Some("rojo=1"));
        let member = "a=b,".repeat(32);
        state(&member, Some(&member));
        let long = format!("a={}", "x".repeat(256));
        state(&long, Some(&long));
        for wrong in [
            "",
            " , ",
            "rojo",
            "=1",
            "a=",
            "Rojo=1",
            "@a=1",
            "a=1=2",
            "a=\u{7f}",
            "a=é",
            "a=1\r\nb: 2",
            &format!("a={}", "x".repeat(257)),
            &format!("{}=1", "x".repeat(257)),
            &"a=b,".repeat(33),
            &format!("a={0},b={0}", "x".repeat(255)),
        ] {
            state(wrong, None);
        }
    }

    fn headers(headers: &[(&str, &[u8])]) -> Option<TraceContext> {
        let mut found = TraceHeaders::default();
        for (name, value) in headers {
            found.read(name, value);
        }
        found.context()
    }

    #[test]
    fn headers_that_contradict_each_other_are_left_out() {
        let parent = ("TraceParent", PARENT.as_bytes());
        assert_eq!(
            headers(&[("tracestate", b"a=1"), parent, ("tracestate", b"b=2")]),
            TraceContext::parse(PARENT, Some("a=1,b=2"))
        );
        assert_eq!(headers(&[parent, parent]), None);
        assert_eq!(headers(&[("tracestate", b"a=1")]), None);
        let plain = TraceContext::parse(PARENT, None);
        assert_eq!(headers(&[parent, ("tracestate", b"a=\xff")]), plain);
        let large = vec![b'a'; 10_240];
        let many = vec![("tracestate", &*large); 100];
        assert_eq!(headers(&[&[parent], &*many].concat()), plain);
        assert_eq!(headers(&[("traceparent", &large)]), None);
    }
}
