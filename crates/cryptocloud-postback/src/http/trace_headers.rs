use super::trace_context::{MAX_TRACESTATE_BYTES, TraceContext};

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

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

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
