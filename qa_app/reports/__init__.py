"""Documents for readers outside the screens: what each says, and every format it is given in."""
