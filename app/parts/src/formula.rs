//! Mathematics, typeset by the browser: MathML from a notation that is quick to write.
//!
//! ```text
//! d = x ⊕ a_0          names of one letter are italic, longer ones upright
//! x^2   2^{32}          scripts: a name, a number or a group
//! \frac{a}{b}           a fraction
//! \sum_{i=1}^n x_i      a sum
//! 9 = 19 mod 10         `mod`, `and`, `or`, `if` stand upright with space around
//! \alice{a} + \bob{b}   in the ink of a party
//! 'her share'           words
//! ```
//!
//! `-` is set as a minus and `*` as a dot. A screen reader gets the formula in words. A formula too long for its line goes on
//! in the next one before a relation, or a word between two formulas.

use leptos::prelude::*;

/// A formula in the line; again whenever it changes.
#[component]
pub fn Formula(#[prop(into)] text: Signal<String>) -> impl IntoView {
    view! { <span class="formula" inner_html=move || text.with(|text| mathml(text))></span> }
}

/// The formula as markup. Nothing in `text` can become markup of its own.
#[must_use]
pub fn mathml(text: &str) -> String {
    let nodes = Reader::new(text).row(None);
    let mut out = String::from("<span role=\"math\" aria-label=\"");
    escape(&spoken_nodes(&nodes), &mut out);
    out.push_str("\"><span class=\"equation\"><math aria-hidden=\"true\">");
    // Browsers break no line inside of a formula, so each piece that may stand in a line of its own is one. Of several equations
    // each would rather have a line to itself than be broken.
    let mut depth = 0;
    for (at, node) in nodes.iter().enumerate() {
        let follows_comma = at > 0 && nodes[at - 1].is_operator(",") && depth == 0;
        if at > 0 && (follows_comma || node.begins_an_equation()) {
            out.push_str("</math></span><wbr><span class=\"equation\"><math aria-hidden=\"true\">");
        } else if at > 0 && node.begins_a_line(nodes.len()) {
            out.push_str("</math><wbr><math aria-hidden=\"true\">");
        }
        depth += i32::from(node.is_operator("(")) - i32::from(node.is_operator(")"));
        node.write(&mut out);
    }
    out.push_str("</math></span></span>");
    out
}

/// The formula in words.
#[must_use]
pub fn spoken(text: &str) -> String {
    spoken_nodes(&Reader::new(text).row(None))
}

/// A piece of a formula.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Name(String),
    Number(String),
    Operator(String),
    /// An operator that is a word.
    Word(String),
    /// Plain words.
    Text(String),
    Row(Vec<Node>),
    Scripts {
        base: Box<Node>,
        sub: Option<Box<Node>>,
        sup: Option<Box<Node>>,
    },
    Fraction(Box<Node>, Box<Node>),
    Inked(&'static str, Box<Node>),
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn skip(&mut self, c: char) -> bool {
        let found = self.rest.strip_prefix(c);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn run(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let (run, rest) = self.rest.split_at(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()));
        self.rest = rest;
        run
    }

    /// Everything up to `end`, or to the end of the text.
    fn row(&mut self, end: Option<char>) -> Vec<Node> {
        let mut nodes = Vec::new();
        loop {
            self.run(char::is_whitespace);
            match self.peek() {
                None => return nodes,
                c if c == end => {
                    self.skip(end.unwrap_or_default());
                    return nodes;
                }
                Some(_) => nodes.push(self.scripted()),
            }
        }
    }

    /// A piece, and what hangs on it.
    fn scripted(&mut self) -> Node {
        let base = self.piece();
        let (mut sub, mut sup) = (None, None);
        loop {
            if sub.is_none() && self.skip('_') {
                sub = Some(Box::new(self.piece()));
            } else if sup.is_none() && self.skip('^') {
                sup = Some(Box::new(self.piece()));
            } else {
                break;
            }
        }
        if sub.is_none() && sup.is_none() { base } else { Node::Scripts { base: Box::new(base), sub, sup } }
    }

    fn group(&mut self) -> Node {
        if self.skip('{') { single(self.row(Some('}'))) } else { self.piece() }
    }

    fn piece(&mut self) -> Node {
        match self.peek() {
            None => Node::Row(Vec::new()),
            Some('{') => self.group(),
            Some('\\') => {
                self.skip('\\');
                match self.run(char::is_alphabetic) {
                    "frac" => {
                        let above = self.group();
                        Node::Fraction(Box::new(above), Box::new(self.group()))
                    }
                    "alice" => Node::Inked("in-alice", Box::new(self.group())),
                    "bob" => Node::Inked("in-bob", Box::new(self.group())),
                    "both" => Node::Inked("in-both", Box::new(self.group())),
                    "sum" => Node::Operator("∑".into()),
                    name => Node::Name(name.into()),
                }
            }
            Some('\'') => {
                self.skip('\'');
                let text = self.run(|c| c != '\'');
                self.skip('\'');
                Node::Text(text.into())
            }
            Some(c) if c.is_ascii_digit() => {
                let text = self.rest;
                let mut end = 0;
                for (at, c) in text.char_indices() {
                    let next = text[at + c.len_utf8()..].chars().next();
                    let inside = matches!(c, '.' | ',') && next.is_some_and(|next| next.is_ascii_digit());
                    if !c.is_ascii_digit() && !inside {
                        break;
                    }
                    end = at + c.len_utf8();
                }
                self.rest = &text[end..];
                Node::Number(text[..end].into())
            }
            Some(c) if c.is_alphabetic() => match self.run(|c| c.is_alphabetic() || c == '′') {
                word @ ("mod" | "and" | "or" | "if" | "so" | "then" | "where") => Node::Word(word.into()),
                name => Node::Name(name.into()),
            },
            Some(c) => {
                self.skip(c);
                Node::Operator(match c {
                    '-' => "−".into(),
                    '*' => "·".into(),
                    c => c.into(),
                })
            }
        }
    }
}

fn single(mut nodes: Vec<Node>) -> Node {
    if nodes.len() == 1 { nodes.remove(0) } else { Node::Row(nodes) }
}

impl Node {
    fn is_operator(&self, text: &str) -> bool {
        matches!(self, Self::Operator(operator) if operator == text)
    }

    /// Whether another equation begins with it.
    fn begins_an_equation(&self) -> bool {
        matches!(self, Self::Word(word) if !matches!(word.as_str(), "mod" | "then"))
    }

    /// Whether a formula of so many pieces may go on in the next line from here; at sums only if it is long.
    fn begins_a_line(&self, pieces: usize) -> bool {
        let is = |texts: &[&str]| texts.iter().any(|text| self.is_operator(text));
        is(&["=", "≡", "→"]) || pieces > 12 && is(&["+", "−"])
    }

    fn write(&self, out: &mut String) {
        match self {
            // One letter is a variable, more are a name. The styles slant a variable: by itself
            // WebKit would replace it by a mathematical letter, which text fonts do not have.
            Self::Name(text) => {
                let is_variable = text.chars().count() == 1;
                out.push_str(if is_variable { "<mi mathvariant=\"normal\">" } else { "<mi class=\"name\">" });
                escape(text, out);
                out.push_str("</mi>");
            }
            Self::Text(text) => element("mtext", text, out),
            Self::Number(text) => element("mn", text, out),
            Self::Operator(text) if matches!(text.as_str(), "(" | ")" | "[" | "]" | "|" | "⟨" | "⟩") => {
                out.push_str("<mo stretchy=\"false\">");
                escape(text, out);
                out.push_str("</mo>");
            }
            Self::Operator(text) if matches!(text.as_str(), "∑" | "¬" | "," | ";" | "…") => {
                element("mo", text, out);
            }
            Self::Operator(text) => {
                out.push_str("<mo form=\"infix\">");
                escape(text, out);
                out.push_str("</mo>");
            }
            Self::Word(text) => {
                out.push_str("<mo lspace=\"0.45em\" rspace=\"0.3em\">");
                escape(text, out);
                out.push_str("</mo>");
            }
            Self::Row(nodes) => {
                out.push_str("<mrow>");
                nodes.iter().for_each(|node| node.write(out));
                out.push_str("</mrow>");
            }
            Self::Scripts { base, sub, sup } => {
                let limits = **base == Self::Operator("∑".into());
                let tag = match (sub.is_some(), sup.is_some(), limits) {
                    (true, true, false) => "msubsup",
                    (true, true, true) => "munderover",
                    (true, false, true) => "munder",
                    (true, false, false) => "msub",
                    (_, _, true) => "mover",
                    _ => "msup",
                };
                out.push('<');
                out.push_str(tag);
                out.push('>');
                base.write(out);
                [sub, sup].into_iter().flatten().for_each(|node| node.write(out));
                out.push_str("</");
                out.push_str(tag);
                out.push('>');
            }
            Self::Fraction(above, below) => {
                out.push_str("<mfrac>");
                above.write(out);
                below.write(out);
                out.push_str("</mfrac>");
            }
            Self::Inked(class, node) => {
                out.push_str("<mrow class=\"");
                out.push_str(class);
                out.push_str("\">");
                node.write(out);
                out.push_str("</mrow>");
            }
        }
    }

    fn speak(&self) -> String {
        match self {
            Self::Name(text) | Self::Number(text) | Self::Text(text) => text.clone(),
            Self::Word(text) => if text == "mod" { "modulo" } else { text }.into(),
            Self::Operator(text) => match text.as_str() {
                "=" => "equals",
                "≡" => "is congruent to",
                "≠" => "is not",
                "+" => "plus",
                "−" => "minus",
                "·" | "×" => "times",
                "⊕" => "xor",
                "¬" => "not",
                "<" => "is less than",
                ">" => "is greater than",
                "≤" => "is at most",
                "≥" => "is at least",
                "∑" => "the sum of",
                "→" => "becomes",
                "(" | ")" | "[" | "]" | ";" | "," => return text.clone(),
                other => other,
            }
            .into(),
            Self::Row(nodes) => spoken_nodes(nodes),
            Self::Scripts { base, sub, sup } => {
                let mut text = base.speak();
                let limits = **base == Self::Operator("∑".into());
                if let Some(sub) = sub {
                    text += if limits { " over " } else { " sub " };
                    text += &sub.speak();
                }
                if let Some(sup) = sup {
                    match (limits, &**sup) {
                        (true, sup) => text += &format!(" to {}", sup.speak()),
                        (_, Self::Number(two)) if two == "2" => text += " squared",
                        (_, sup) => text += &format!(" to the power {}", sup.speak()),
                    }
                }
                text
            }
            Self::Fraction(above, below) => format!("{} over {}", above.speak(), below.speak()),
            Self::Inked(_, node) => node.speak(),
        }
    }
}

/// One space between words, none inside of brackets.
fn spoken_nodes(nodes: &[Node]) -> String {
    let mut text = String::new();
    for node in nodes {
        let words = node.speak();
        let opens = text.is_empty() || text.ends_with(['(', '[']);
        let clings =
            matches!(words.as_str(), "(" | "[") && matches!(text.chars().last(), Some(c) if c.is_alphanumeric());
        if !opens && !clings && !matches!(words.as_str(), ")" | "]" | ";" | ",") {
            text.push(' ');
        }
        text += &words;
    }
    text
}

fn element(tag: &str, text: &str, out: &mut String) {
    out.push('<');
    out.push_str(tag);
    out.push('>');
    escape(text, out);
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The markup without the elements around it, and with the short form of operators and
    /// variables.
    fn inside(text: &str) -> String {
        let markup = mathml(text);
        let body = markup.split_once("<math aria-hidden=\"true\">").map(|(_, body)| body).unwrap();
        body.strip_suffix("</math></span></span>")
            .unwrap()
            .replace(" form=\"infix\"", "")
            .replace(" mathvariant=\"normal\"", "")
    }

    #[test]
    fn names_numbers_and_scripts() {
        assert_eq!(
            inside("d = x ⊕ a_0"),
            "<mi>d</mi></math><wbr><math aria-hidden=\"true\"><mo>=</mo><mi>x</mi><mo>⊕</mo><msub><mi>a</mi><mn>0</mn></msub>"
        );
        assert_eq!(inside("x^2"), "<msup><mi>x</mi><mn>2</mn></msup>");
        assert_eq!(inside("x_i^2"), "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>");
        assert_eq!(inside("2^{32}"), "<msup><mn>2</mn><mn>32</mn></msup>");
        assert_eq!(inside("1,250.5"), "<mn>1,250.5</mn>");
        assert_eq!(inside("{a+1}_n"), "<msub><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mi>n</mi></msub>");
    }

    #[test]
    fn a_variable_keeps_its_letter_in_every_browser() {
        let markup = mathml("x + Enc");
        assert!(markup.contains("<mi mathvariant=\"normal\">x</mi>"), "{markup}");
        assert!(markup.contains("<mi class=\"name\">Enc</mi>"), "{markup}");
    }

    #[test]
    fn brackets_fractions_sums_and_words() {
        let bracket = |c: char| format!("<mo stretchy=\"false\">{c}</mo>");
        assert_eq!(inside("[x]_A"), format!("{}<mi>x</mi><msub>{}<mi>A</mi></msub>", bracket('['), bracket(']')));
        assert_eq!(
            inside("Enc(5; 2)"),
            format!("<mi class=\"name\">Enc</mi>{}<mn>5</mn><mo>;</mo><mn>2</mn>{}", bracket('('), bracket(')'))
        );
        assert_eq!(inside("\\frac{a}{b c}"), "<mfrac><mi>a</mi><mrow><mi>b</mi><mi>c</mi></mrow></mfrac>");
        assert_eq!(
            inside("\\sum_{i=1}^n x_i"),
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>\
             <msub><mi>x</mi><mi>i</mi></msub>"
        );
        assert!(inside("5 = 15 mod 10").contains(">mod</mo>"));
        assert_eq!(inside("'her share' x"), "<mtext>her share</mtext><mi>x</mi>");
        assert_eq!(
            inside("\\alice{a}-\\bob{b}"),
            "<mrow class=\"in-alice\"><mi>a</mi></mrow><mo>−</mo><mrow class=\"in-bob\"><mi>b</mi></mrow>"
        );
    }

    #[test]
    fn a_long_formula_can_go_on_in_the_next_line() {
        let lines = |text| mathml(text).matches("<math").count();
        assert_eq!((lines("x + y"), lines("x = y + z"), lines("x = 1 and y = 2")), (1, 2, 4));
        assert_eq!(lines("p = a·b + c·d + e·f + g·h"), 5);
        let equations = |text| mathml(text).matches("<span class=\"equation\">").count();
        assert_eq!((equations("x = y + z"), equations("x = 1 and y = 2 mod 3"), equations("x = 1, y = 2")), (1, 2, 2));
        assert_eq!(equations("f(x, y) = z"), 1);
    }

    #[test]
    fn a_screen_reader_gets_words() {
        assert_eq!(spoken("d = x ⊕ a_0"), "d equals x xor a sub 0");
        assert_eq!(spoken("x^2 - 1"), "x squared minus 1");
        assert_eq!(spoken("\\sum_{i=1}^n x_i"), "the sum of over i equals 1 to n x sub i");
        assert_eq!(spoken("\\frac{a}{2}"), "a over 2");
        assert_eq!(spoken("Enc(5; 2) * 3 = 7 mod m"), "Enc(5; 2) times 3 equals 7 modulo m");
        assert_eq!(spoken("¬x*y"), "not x times y");
        assert_eq!(spoken("\\alice{5} + \\bob{7}"), "5 plus 7");
    }

    #[test]
    fn nothing_becomes_markup_and_nothing_hangs() {
        assert_eq!(inside("a < b & c"), "<mi>a</mi><mo>&lt;</mo><mi>b</mi><mo>&amp;</mo><mi>c</mi>");
        assert!(!mathml("\"><script>").contains("<script"));
        for odd in
            ["", "_", "^", "{", "}", "\\", "\\frac", "\\frac{", "x_", "x_^", "{{{", "}}", "_^_^", "x_{_{", "\\alice"]
        {
            assert!(mathml(odd).ends_with("</math></span></span>"), "{odd}");
        }
    }
}
