//! What a person is making: a drawing, or a photo in its place, and how it is prepared for the model.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use crate::browser::image;
use crate::picture::{Drawing, Fit, Photo, Refusal, Source, seen};

/// Held by every part of the screen. The picture itself is in one place, and gone with the screen.
#[derive(Clone, Copy)]
pub(super) struct Easel {
    board: StoredValue<Board, LocalStorage>,
    /// Counts changes of the board.
    changes: RwSignal<u32>,
    /// Channels, rows and columns that the model takes.
    pub(super) shape: [usize; 3],
    pub(super) fit: RwSignal<Fit>,
    /// Whether dark and light of a photo change places.
    pub(super) inverted: RwSignal<bool>,
    pub(super) has_photo: RwSignal<bool>,
    pub(super) is_loading: RwSignal<bool>,
    /// What is wrong, in words.
    pub(super) wrong: RwSignal<Option<String>>,
    /// Which file was taken last: only that one is shown.
    taken: StoredValue<u32>,
}

struct Board {
    drawing: Drawing,
    photo: Option<Photo>,
}

impl Easel {
    pub(super) fn new(shape: [usize; 3], fit: Fit) -> Self {
        Self {
            board: StoredValue::new_local(Board { drawing: Drawing::new(), photo: None }),
            changes: RwSignal::new(0),
            shape,
            fit: RwSignal::new(fit),
            inverted: RwSignal::new(false),
            has_photo: RwSignal::new(false),
            is_loading: RwSignal::new(false),
            wrong: RwSignal::new(None),
            taken: StoredValue::new(0),
        }
    }

    /// Looks at the drawing, again whenever it changes.
    pub(super) fn with_drawing<T>(self, read: impl FnOnce(&Drawing) -> T) -> T {
        self.changes.track();
        self.board.with_value(|board| read(&board.drawing))
    }

    /// Looks at the photo, again whenever it changes.
    pub(super) fn with_photo<T>(self, read: impl FnOnce(&Photo) -> T) -> Option<T> {
        self.changes.track();
        self.board.with_value(|board| board.photo.as_ref().map(read))
    }

    pub(super) fn draw(self, change: impl FnOnce(&mut Drawing)) {
        self.board.update_value(|board| change(&mut board.drawing));
        self.wrong.set(None);
        self.changes.update(|n| *n += 1);
    }

    /// Puts a photo in the place of the drawing.
    pub(super) fn show(self, photo: Photo) {
        // A thing on a light background, as catalogues have them, and ink on paper: the models know it the other way round.
        self.inverted.set(Fit::is_choice(self.shape) && photo.is_on_light());
        self.board.update_value(|board| board.photo = Some(photo));
        self.has_photo.set(true);
        self.wrong.set(None);
        self.changes.update(|n| *n += 1);
        if self.pixels().is_none() {
            self.wrong.set(Some(Refusal::Blank.text()));
        }
    }

    /// Back to the drawing.
    pub(super) fn remove_photo(self) {
        self.forget_loading();
        self.board.update_value(|board| board.photo = None);
        self.has_photo.set(false);
        self.wrong.set(None);
        self.changes.update(|n| *n += 1);
    }

    /// Reads a file, and shows it unless another one was taken meanwhile. What there was stays when it is no good.
    pub(super) fn take(self, file: Blob) {
        let turn = self.forget_loading();
        self.is_loading.set(true);
        spawn_local(async move {
            let photo = image::decode(&file).await;
            // The screen may be gone, too.
            if self.taken.try_get_value() != Some(turn) {
                return;
            }
            self.is_loading.set(false);
            match photo {
                Ok(photo) => self.show(photo),
                Err(refusal) => self.wrong.set(Some(refusal.text())),
            }
        });
    }

    fn forget_loading(self) -> u32 {
        self.is_loading.set(false);
        self.taken.update_value(|n| *n += 1);
        self.taken.get_value()
    }

    /// What the model will get, again whenever it changes; `None` when there is nothing.
    pub(super) fn pixels(self) -> Option<Vec<u8>> {
        self.changes.track();
        let (fit, inverted) = (self.fit.get(), self.inverted.get());
        self.board.with_value(|board| {
            let source = match &board.photo {
                Some(photo) => Source::Photo { photo, inverted },
                None => Source::Drawn(&board.drawing),
            };
            seen(&source, self.shape, fit)
        })
    }
}
