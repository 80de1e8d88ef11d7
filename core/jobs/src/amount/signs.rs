//! Signs of currencies before or behind an amount.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_properties::props::GeneralCategory;

use super::clean::{category, cleaned};

/// The codes of ISO 4217 and the signs of all locales, one a line. A tab and a 3 mark currencies
/// with three decimals.
const CLDR: &str = include_str!("signs.txt");

/// Signs and words that people write and CLDR does not have.
const MORE: &str = "
    euro euros eur. evro eiro dollar dollars dólar dólares dolar dollaro dollari bucks pound pounds sterling libra libras livre
    livres quid yen yuan rmb won rupee rupees rupiah ringgit franc francs franken fr. frs. sfr. cfa frank peso pesos real
    reais krona kronor krone kroner krónur koruna korun kč kčs zloty zlotych złoty złote złotych gulden forint leu lei lev leva
    lira liras lire tl tl. ytl pfund dh dh. dhs dhs. rand baht dong ruble rubles rouble roubles hryvnia shekel shekels nis dirham dirhams rial rials riyal riyals
    naira cedi cedis shilling shillings sol soles
    rs. re. nrs. mrs. lkr. tk. rp. nu. kr. sek. nok. dkk. pts. pta esc. lt. ls. din. дин. ден. лв. bs. b/. s/. s/ sh. shs. ksh.
    ush. tsh. u$s u$d u$ us col$ mex$ mx$ hk vnd vnđ đ đồng php fcfa xaf xof dm hfl fl.
    рубль рубля рублей руб. р. грн грн. гривень гривен тенге тг сум сом лева леву динара денари евро доллар доллара долларов
    円 圓 圆 元 块 塊 원 人民币 人民幣 港币 港幣 台币 台幣 新台币 新台幣 美元 美金 欧元 歐元 日元 英镑 ドル ユーロ 元整 圆整 달러 유로 엔
    บาท รูเปีย รูปี टका रुपये रु रु. टाका টাকা ரூ ரூ. రూ రూ. રૂ রু €uro ευρώ
    יורו דולר שח ש\"ח ש״ח שקל שקלים يورو دولار درهم جنيه ليرة ريال تومان ریال روپے
";

/// The same of currencies with three decimals or more.
const MORE_OF_MILLS: &str =
    "kd kd. bd bd. jd jd. ld dt. td ro r.o. dinar dinars dinares dínar دينار دنانير دينارا ₿ btc xbt";

/// Signs that also abbreviate thousands, millions or cents, by place: there they are not taken.
const ALSO_NUMBERS: [&[&str]; 2] =
    [&["M", "m"], &["¢", "K", "k", "M", "m", "L", "l", "lak", "G", "g", "P", "p", "E", "e", "rb", "Rb", "RB", "dt"]];

/// Where a sign stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Before,
    After,
}

/// Properties of the currencies whose signs were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The currency may have three decimals.
    pub(super) has_mills: bool,
}

/// Properties of a sign.
#[derive(Clone, Copy, Default)]
struct Sign {
    has_mills: bool,
    /// It is also written with a full stop at its end.
    is_dotted: bool,
}

static SIGNS: LazyLock<HashMap<String, Sign>> = LazyLock::new(|| {
    let cldr = CLDR.lines().skip(1).map(|line| match line.split_once('\t') {
        Some((sign, _)) => (sign, true),
        None => (line, false),
    });
    let words = |text: &'static str, has_mills| text.split_whitespace().map(move |sign| (sign, has_mills));
    let mut signs = HashMap::<_, Sign>::new();
    for (text, has_mills) in cldr.chain(words(MORE, false)).chain(words(MORE_OF_MILLS, true)) {
        let Ok(text) = cleaned(text) else { continue };
        let key = key(&text);
        // One of them is a space without a width.
        if key.is_empty() {
            continue;
        }
        let sign = signs.entry(key).or_default();
        sign.has_mills |= has_mills;
        sign.is_dotted |= text.ends_with('.');
    }
    signs
});

/// Reads the text on one side of an amount: signs of currencies, or nothing. `None` for other text.
pub(super) fn read(text: &str, place: Place) -> Option<Known> {
    let text = text.trim();
    let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    if text.is_empty() {
        return Some(Known::default());
    }
    if ALSO_NUMBERS[place as usize].contains(&&*text.replace('.', "")) {
        return None;
    }
    if let Some(sign) = SIGNS.get(&key(text)) {
        return Some(Known { has_mills: sign.has_mills });
    }
    let (one, rest) = match text.split_once(' ') {
        Some(both) => both,
        None => attached(text)?,
    };
    let (one, rest) = (read(one, place)?, read(rest, place)?);
    Some(Known { has_mills: one.has_mills || rest.has_mills })
}

/// Whether the text ends with a sign whose full stop belongs to it, as `Rs.`
pub(super) fn ends_dotted(text: &str) -> bool {
    let last = text.rsplit([' ', '+']).next().unwrap_or(text);
    last.ends_with('.') && SIGNS.get(&key(last)).is_some_and(|sign| sign.is_dotted)
}

/// A currency's symbol alone, without letters.
pub(super) fn is_symbol(c: char) -> bool {
    category(c) == GeneralCategory::CurrencySymbol
}

/// Splits a symbol off one end of the text.
fn attached(text: &str) -> Option<(&str, &str)> {
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let is_alone = |c| is_symbol(c) && c != '¢';
    if is_alone(first) {
        Some(("", &text[first.len_utf8()..]))
    } else if is_alone(last) {
        Some((&text[..text.len() - last.len_utf8()], ""))
    } else {
        None
    }
}

/// A sign without case, full stops and quotes, which people write or leave out.
fn key(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '.' | '\'' | '"' | '״')).flat_map(char::to_lowercase).collect()
}
