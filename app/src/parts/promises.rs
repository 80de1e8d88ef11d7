//! What this protects, from whom, and what it does not.

use leptos::html::Dialog;
use leptos::prelude::*;

#[component]
pub(crate) fn Promises(dialog: NodeRef<Dialog>) -> impl IntoView {
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby="promises-title">
            <h2 id="promises-title">"What this protects"</h2>
            <div class="scroll" tabindex="0" role="group" aria-label="Who sees what">
            <table class="plain">
                <thead>
                    <tr><th scope="col">"Who"</th><th scope="col">"sees"</th><th scope="col">"does not see"</th></tr>
                </thead>
                <tbody>
                    <tr>
                        <th scope="row">"The other person"</th>
                        <td>"noise, then the answer"</td>
                        <td>"your amount, your picture, a weight of your model"</td>
                    </tr>
                    <tr>
                        <th scope="row">"The meeting server"</th>
                        <td>"that two browsers met, and sealed messages"</td>
                        <td>"the code, the words, what you put in, the answer"</td>
                    </tr>
                    <tr>
                        <th scope="row">"The network"</th>
                        <td>"that the two of you talk, when and how much"</td>
                        <td>"anything inside"</td>
                    </tr>
                </tbody>
            </table>
            </div>
            <h3>"Where it ends"</h3>
            <ul>
                <li>
                    "Whoever alters their program learns at most the bits that the agreement names, and can make an answer \
                     wrong. Cheats in the transfers are caught."
                </li>
                <li>"It cannot know whether somebody puts in the truth."</li>
                <li>
                    "Every answer is a fact. Compare often, with amounts chosen for it, and the facts add up to an amount; \
                     check many pictures, and the answers add up to a copy of what the model does."
                </li>
                <li>
                    "Of a model they see its name, its labels, its layers and their sizes. Of a picture they see its size."
                </li>
                <li>"It remembers nothing: close the page and it is gone."</li>
            </ul>
            <div class="actions">
                <button type="button" class="main" on:click=close>"Close"</button>
            </div>
        </dialog>
    }
}
