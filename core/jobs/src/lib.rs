//! What two people do together: agreement, events, and the jobs themselves.
