//! What helps of an HTML page, such as the error page of a framework.

/// The title and the visible text, on one line and cut off after [`MAX_CHARS`].
pub(crate) fn text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let hidden = HIDDEN.iter().find(|(start, _)| starts_with(after, start));
        let end = hidden.map_or(">", |(_, end)| *end);
        // Without an end, the rest is hidden too. The end of a tag is written in lower case by programs.
        rest = after.split_once(end).map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    for (name, character) in ENTITIES {
        text = text.replace(name, character);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn starts_with(text: &str, start: &str) -> bool {
    let text = text.get(..start.len());
    text.is_some_and(|text| text.eq_ignore_ascii_case(start))
}

/// What starts like this after `<` is hidden up to its end.
const HIDDEN: [(&str, &str); 3] = [
    ("!--", "-->"),
    ("script", "</script>"),
    ("style", "</style>"),
];

/// The last one must be `&amp;`, which starts what looks like another.
const ENTITIES: [(&str, &str); 6] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#39;", "'"),
    ("&nbsp;", " "),
    ("&amp;", "&"),
];
const MAX_CHARS: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(text(html), expected, "{html}");
    }

    #[test]
    fn only_visible_text_is_kept() {
        check(
            "<!doctype html><html><head><title>ValueError at /postback</title>\n<STYLE>p { color: red }\
             </style></head><body><!-- a > b --><p>No such <b>order</b>: &lt;A&amp;lt;1&gt;</p>\
             <script>if (a < b) {}</script></body>",
            "ValueError at /postback No such order : <A&lt;1>",
        );
        check("plain text", "plain text");
        check("a<br", "a");
        check("a<!-- b > c", "a");
        check("<ü>é", "é");
        check("", "");
    }

    #[test]
    fn long_text_is_cut_off() {
        let long = text(&"é".repeat(400));
        assert_eq!(long, format!("{}...", "é".repeat(300)));
    }
}
