//! Join: one field for the code, whose words complete as they are typed.

use leptos::html::Input as Field;
use leptos::prelude::*;
use tacit_session::Code;
use web_sys::KeyboardEvent;

use crate::app::Input;
use crate::page::page;
use crate::parts::heading::Heading;

/// How many words are offered at once.
const OFFERED: usize = 4;

#[component]
pub(crate) fn Join() -> impl IntoView {
    let page = page();
    let field = NodeRef::<Field>::new();
    let text = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let offers = Memo::new(move |_| text.with(|text| offers(text)));
    let set = move |completed: String| {
        if let Some(field) = field.get_untracked() {
            field.set_value(&completed);
            field.focus().ok();
        }
        text.set(completed);
    };
    let typed = move |event| {
        wrong.set(None);
        text.set(event_target_value(&event));
    };
    let take = move |event: KeyboardEvent| {
        let plain = !(event.shift_key() || event.ctrl_key() || event.alt_key() || event.meta_key());
        let at_end = field.get_untracked().is_some_and(|field| {
            field.selection_start().ok().flatten() == Some(field.value().encode_utf16().count() as u32)
        });
        if plain
            && at_end
            && matches!(event.key().as_str(), "Tab" | "ArrowRight")
            && let Some(word) = offers.with(|offers| offers.first().copied())
        {
            event.prevent_default();
            set(completed(&text.get_untracked(), word));
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        // A password manager or a script may have filled the field without a key.
        let typed = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        if let Err(fault) = page.join(&typed) {
            wrong.set(Some(match (fault.code, fault.detail) {
                _ if typed.trim().is_empty() => "Type the code that the other person reads to you.".into(),
                (Code::CodeWrong, _) => "This code is used up: each works once. Ask for a new one.".into(),
                (Code::InviteElsewhere, Some(host)) => {
                    format!("This link is for {host}. Open it by itself, in the browser’s address bar.")
                }
                (_, Some(detail)) => format!("This is not a complete invite: {detail}."),
                (code, None) => code.headline().into(),
            }));
            if let Some(field) = field.get_untracked() {
                field.focus().ok();
            }
        }
    };
    let ghost = move || {
        let text = text.get();
        offers.with(|offers| offers.first().map(|word| (text.clone(), word[last_word(&text).len()..].to_owned())))
    };
    view! {
        <div class="narrow join">
            <Heading>"Type the code"</Heading>
            <p class="lead">"A number and two words, as the other person reads them to you."</p>
            <form class="card stack" novalidate on:submit=submit>
                <label for="code">"Code"</label>
                <div class="code-field">
                    <p class="code ghost" aria-hidden="true">
                        {move || ghost().map(|(text, rest)| view! { <span class="typed">{text}</span><span>{rest}</span> })}
                    </p>
                    <input
                        id="code"
                        class="code"
                        type="text"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        enterkeyhint="go"
                        placeholder="7-copper-violin"
                        aria-describedby="code-error code-hint"
                        aria-invalid=move || wrong.get().is_some().to_string()
                        node_ref=field
                        on:input=typed
                        on:keydown=take
                    />
                </div>
                <div class="offers" role="group" aria-label="Words that begin like this">
                    {move || offers.get().into_iter().map(|word| {
                        let take = move |_| set(completed(&text.get_untracked(), word));
                        view! { <button type="button" class="chip mono" tabindex="-1" on:click=take>{word}</button> }
                    }).collect_view()}
                </div>
                <p class="soft" id="code-hint">"Words complete as you type: Tab or → takes the first."</p>
                <p class="unseen" role="status">
                    {move || offers.with(|offers| (!offers.is_empty()).then(|| format!("Suggested: {}", offers.join(", "))))}
                </p>
                <p class="wrong" id="code-error" role="alert">{move || wrong.get()}</p>
                <div class="actions">
                    <button type="submit" class="main">"Join"</button>
                    <button type="button" class="second" on:click=move |_| page.send(Input::GoHome)>"Back"</button>
                </div>
            </form>
        </div>
    }
}

/// Words that complete what is being typed; none when it is a number, complete, or no code at all.
fn offers(text: &str) -> Vec<&'static str> {
    let word = last_word(text);
    if word.is_empty() || !word.chars().all(char::is_alphabetic) || place(text) > 2 || text.contains(['#', '/']) {
        return Vec::new();
    }
    let typed = word.to_ascii_lowercase();
    let words: Vec<&'static str> = tacit_meet::complete(word).take(OFFERED).collect();
    if words.first() == Some(&typed.as_str()) { Vec::new() } else { words }
}

/// `text` with its last word completed, and a dash where another word follows.
fn completed(text: &str, word: &str) -> String {
    let kept = &text[..text.len() - last_word(text).len()];
    let dash = if place(text) == 1 { "-" } else { "" };
    format!("{kept}{word}{dash}")
}

/// The word at the end of `text`; empty when it ends in something else.
fn last_word(text: &str) -> &str {
    text.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

/// Which part of a code the last word is: 0 is the number.
fn place(text: &str) -> usize {
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).count().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_offered_where_words_belong() {
        assert_eq!(offers("7-viol"), ["violin"]);
        assert_eq!(offers("7 copper VIOL"), ["violin"]);
        assert!(offers("7-co").len() == OFFERED);
        for none in ["", "7", "7-", "7-copper", "7-copper-violin", "7-copper-violin-a", "7-xyzzy", "https://a/#7.viol"]
        {
            assert_eq!(offers(none), Vec::<&str>::new(), "{none}");
        }
    }

    #[test]
    fn taking_a_word_keeps_what_is_before_it() {
        assert_eq!(completed("7-cop", "copper"), "7-copper-");
        assert_eq!(completed("7 copper viol", "violin"), "7 copper violin");
    }
}
