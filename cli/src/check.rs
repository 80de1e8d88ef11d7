//! `tacit check`: classify pictures under a model that another party keeps.

use tacit_jobs::{Agreement, Answer, Input, Job, ModelCard, Prediction};
use tacit_meet::join;
use tacit_session::{Code, Fault, Party as Seat};

use crate::arguments::Check;
use crate::party::Party;
use crate::person::{Hand, Person};
use crate::photo::{Chosen, Prepared, Wishes};
use crate::place::{self, Given};
use crate::say::{Stop, Voice, isolated};

pub(crate) async fn run(options: Check, voice: &mut Voice) -> Result<(), Stop> {
    // The arguments are checked before the other party is contacted.
    let missing = || Stop::Usage("Name the pictures, and behind them the link or the code.".into());
    let (pictures, invite) = options.given().ok_or_else(missing)?;
    let photos = pictures.iter().map(|path| Chosen::read(path)).collect::<Result<Vec<_>, _>>()?;
    let given = Given::read(&invite)?;
    let server = given.server(&options.reach).to_owned();
    let config = place::config(&server, &options.reach)?;
    let job = Job::Classify { owner: Seat::Alice };
    let party = Party::start(Seat::Bob, job, |open, on| join(config, given.invite, open, on));
    let mut album = Album { photos, wishes: Wishes::from(&options), prepared: Vec::new() };
    let person = Person { party, seat: Seat::Bob, manner: &options.manner, voice, origin: &server };
    let (outcome, agreement) = person.round(&mut album).await?;
    let (Answer::Predictions(predictions), Some(card)) = (outcome.answer, agreement.model) else {
        return Err(Fault::internal("a check without an answer").into());
    };
    let single = pictures.len() == 1;
    for (path, prediction) in pictures.iter().zip(&predictions) {
        let said = match prediction {
            Prediction::Labels { ranked, scores } => text(ranked, scores.as_deref(), &card),
            Prediction::Spoiled if single => break,
            Prediction::Spoiled => "no valid answer".into(),
        };
        voice.result(&if single { said } else { format!("{}: {said}", path.display()) });
    }
    if predictions.contains(&Prediction::Spoiled) { Err(Stop::Spoiled) } else { Ok(()) }
}

/// Returns the labels as text, the best first, with their scores if they are revealed.
fn text(ranked: &[usize], scores: Option<&[f64]>, card: &ModelCard) -> String {
    let label = |(place, &index): (usize, &usize)| {
        let name = card
            .labels
            .get(index)
            .map_or("?".into(), |label| if ranked.len() > 1 { isolated(label) } else { label.into() });
        match scores.and_then(|scores| scores.get(place)) {
            Some(score) => format!("{name} {score:.2}"),
            None => name.into_owned(),
        }
    };
    ranked.iter().enumerate().map(label).collect::<Vec<_>>().join(", ")
}

/// The pictures of this person.
struct Album {
    photos: Vec<Chosen>,
    wishes: Wishes,
    prepared: Vec<Prepared>,
}

impl Hand for Album {
    fn look(&mut self, agreement: &Agreement) -> Result<(), Fault> {
        let (Job::Classify { owner: Seat::Alice }, Some(card)) = (agreement.job, &agreement.model) else {
            return Err(Fault::new(Code::Declined, "they offer something else than to check your pictures"));
        };
        let most = usize::from(card.reveal.pictures);
        if self.photos.len() > most {
            let what = format!("they take {most} at a time, and you have {}", self.photos.len());
            return Err(Fault::new(Code::PictureRefused, what));
        }
        let prepared = self.photos.iter().map(|photo| photo.prepared(card, self.wishes));
        self.prepared = prepared.collect::<Result<Vec<_>, _>>()?;
        Ok(())
    }

    fn remarks(&self) -> Vec<&str> {
        self.prepared.iter().filter_map(|prepared| prepared.remark.as_deref()).collect()
    }

    async fn give(&mut self) -> Result<Input, Fault> {
        let prepared = std::mem::take(&mut self.prepared);
        Ok(Input::Pictures(prepared.into_iter().map(|prepared| prepared.picture).collect()))
    }
}
