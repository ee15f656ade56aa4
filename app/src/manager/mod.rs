//! The business manager's screens: signing in, the code, live arrivals.
