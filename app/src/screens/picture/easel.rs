//! What a person is making: a drawing, or a photo in its place, and how it is prepared for the model; beside it what was
//! made before, where a round takes several.

use leptos::prelude::*;
use tacit_jobs::Picture;
use wasm_bindgen_futures::spawn_local;

use crate::browser::reader::{self, Photo, Source};
use tacit_picture::{BLANK, Drawing, Fit, drawn};

/// Held by every part of the screen. The pictures themselves are in one place, and gone with the screen.
#[derive(Clone, Copy)]
pub(super) struct Easel {
    board: StoredValue<Board, LocalStorage>,
    /// Counts changes of the board.
    changes: RwSignal<u32>,
    /// Channels, rows and columns that the model takes.
    pub(super) shape: [usize; 3],
    /// How many pictures the round takes.
    pub(super) places: usize,
    pub(super) fit: RwSignal<Fit>,
    /// Whether dark and light of a photo change places, where the person has said so.
    pub(super) inverted: RwSignal<Option<bool>>,
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
    /// What was made before, as the model will get it: at least one place fewer than there are, for what is made now.
    kept: Vec<Picture>,
}

impl Board {
    fn new() -> Self {
        Self { drawing: Drawing::new(), photo: None, kept: Vec::new() }
    }
}

impl Easel {
    pub(super) fn new(shape: [usize; 3], places: usize, fit: Fit) -> Self {
        Self {
            board: StoredValue::new_local(Board::new()),
            changes: RwSignal::new(0),
            shape,
            places,
            fit: RwSignal::new(fit),
            inverted: RwSignal::new(None),
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
    fn show(self, photo: Photo) {
        self.inverted.set(None);
        self.board.update_value(|board| board.photo = Some(photo));
        self.has_photo.set(true);
        self.changes.update(|n| *n += 1);
    }

    /// Back to the drawing.
    pub(super) fn remove_photo(self) {
        self.forget_loading();
        self.board.update_value(|board| board.photo = None);
        self.has_photo.set(false);
        self.wrong.set(None);
        self.changes.update(|n| *n += 1);
    }

    /// Reads pictures one after the other, and shows them unless others were taken meanwhile. Where
    /// a round takes several, what there was is kept before another one takes its place. What there
    /// was stays when a picture is no good.
    pub(super) fn take(self, sources: Vec<Source>) {
        let turn = self.forget_loading();
        self.is_loading.set(true);
        let sources = if self.places == 1 { sources.into_iter().take(1).collect() } else { sources };
        spawn_local(async move {
            let mut wrong = Vec::new();
            for (i, source) in sources.iter().enumerate() {
                let photo = reader::read(source, self.shape).await;
                // The screen may be gone, too.
                if self.taken.try_get_value() != Some(turn) {
                    return;
                }
                let fit = self.fit.get_untracked();
                let stands_out = |photo: &Photo| photo.view(fit, photo.is_inverted(fit)).is_some();
                let photo = match photo.and_then(|photo| if stands_out(&photo) { Ok(photo) } else { Err(BLANK.into()) })
                {
                    Ok(photo) => photo,
                    Err(what) => {
                        wrong.push(match source {
                            Source::File(file) if sources.len() > 1 => format!("{}: {what}", file.name()),
                            _ => what,
                        });
                        continue;
                    }
                };
                let is_blank = untrack(|| self.pixels()).is_none();
                if self.places > 1 && !is_blank && !self.keep() {
                    wrong.push(format!(
                        "A round takes {} pictures; {} found no place.",
                        self.places,
                        sources.len() - i
                    ));
                    break;
                }
                self.show(photo);
            }
            self.is_loading.set(false);
            self.wrong.set((!wrong.is_empty()).then(|| wrong.join(" ")));
        });
    }

    fn forget_loading(self) -> u32 {
        self.is_loading.set(false);
        self.taken.update_value(|n| *n += 1);
        self.taken.get_value()
    }

    /// Puts what is there aside, for the pad to be free; says whether there was room.
    pub(super) fn keep(self) -> bool {
        let made = untrack(|| self.pixels()).and_then(|pixels| Picture::new(self.shape, pixels).ok());
        let Some(made) = made.filter(|_| untrack(|| self.has_room())) else { return false };
        self.board.update_value(|board| {
            let kept = std::mem::take(&mut board.kept).into_iter().chain([made]).collect();
            *board = Board { kept, ..Board::new() };
        });
        self.has_photo.set(false);
        self.wrong.set(None);
        self.changes.update(|n| *n += 1);
        true
    }

    /// Takes one away that was put aside.
    pub(super) fn discard(self, index: usize) {
        self.board.update_value(|board| drop(board.kept.remove(index)));
        self.wrong.set(None);
        self.changes.update(|n| *n += 1);
    }

    /// Looks at what was put aside, again whenever it changes.
    pub(super) fn with_kept<T>(self, read: impl FnOnce(&[Picture]) -> T) -> T {
        self.changes.track();
        self.board.with_value(|board| read(&board.kept))
    }

    /// Whether what is there may be put aside, again whenever it changes.
    pub(super) fn has_room(self) -> bool {
        self.with_kept(|kept| kept.len() + 1 < self.places)
    }

    /// How many pictures there are, again whenever it changes.
    pub(super) fn count(self) -> usize {
        self.with_kept(<[_]>::len) + usize::from(self.pixels().is_some())
    }

    /// All pictures, taken from the board; none when there is nothing.
    pub(super) fn finish(self) -> Vec<Picture> {
        let last = untrack(|| self.pixels()).and_then(|pixels| Picture::new(self.shape, pixels).ok());
        let kept = self.board.try_update_value(|board| std::mem::take(&mut board.kept)).unwrap_or_default();
        kept.into_iter().chain(last).collect()
    }

    /// What the model will get, again whenever it changes; `None` when there is nothing.
    pub(super) fn pixels(self) -> Option<Vec<u8>> {
        self.changes.track();
        let (fit, is_inverted) = (self.fit.get(), self.is_inverted());
        self.board.with_value(|board| match &board.photo {
            Some(photo) => photo.view(fit, is_inverted).map(|view| view.pixels.clone()),
            None => drawn(&board.drawing, self.shape, fit),
        })
    }

    /// What may be wrong with that, in sentences, again whenever it changes.
    pub(super) fn doubts(self) -> Option<String> {
        let (fit, is_inverted) = (self.fit.get(), self.is_inverted());
        self.with_photo(|photo| match photo.view(fit, is_inverted) {
            Some(view) => view.doubts.clone(),
            None => BLANK.into(),
        })
    }

    /// Whether dark and light of the photo change places, again whenever it changes.
    pub(super) fn is_inverted(self) -> bool {
        let (fit, inverted) = (self.fit.get(), self.inverted.get());
        inverted.or_else(|| self.with_photo(|photo| photo.is_inverted(fit))).unwrap_or_default()
    }
}
