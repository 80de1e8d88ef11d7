//! The page: Leptos on the main thread.
