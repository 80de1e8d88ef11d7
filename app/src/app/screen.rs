//! The screens, by name.

/// Which screen is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Home,
    Join,
    Invite,
    Meet,
    Model,
    Agree,
    Amount,
    Picture,
    Run,
    Result,
    Failure,
}

impl Screen {
    /// The name in `main[data-screen]`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Join => "join",
            Self::Invite => "invite",
            Self::Meet => "meet",
            Self::Model => "model",
            Self::Agree => "agree",
            Self::Amount => "amount",
            Self::Picture => "picture",
            Self::Run => "run",
            Self::Result => "result",
            Self::Failure => "failure",
        }
    }

    /// The page's title on this screen.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Home => "Tacit · Find out together, say nothing",
            Self::Join => "Type the code · Tacit",
            Self::Invite => "Invite · Tacit",
            Self::Meet => "Meet · Tacit",
            Self::Model => "The model · Tacit",
            Self::Agree => "Agree · Tacit",
            Self::Amount => "Your amount · Tacit",
            Self::Picture => "Your picture · Tacit",
            Self::Run => "At work · Tacit",
            Self::Result => "The answer · Tacit",
            Self::Failure => "Stopped · Tacit",
        }
    }

    /// Whether leaving now would break something off that two people began.
    pub(crate) fn is_under_way(self) -> bool {
        matches!(self, Self::Model | Self::Agree | Self::Amount | Self::Picture | Self::Run | Self::Result)
    }
}
