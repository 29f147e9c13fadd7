"""Do several reviewers of the same cases agree, when not everyone scored every case?

`reliability` is imported from `scorecards.agreement`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sampling.hypergeometric import Numbers, WholeNumbers
from sampling.refused import Refused


@dataclass(frozen=True)
class Reliability:
    """Agreement among many reviewers; shares and coefficients `None` where undefined.

    `cases` have one rating or more, `compared` two or more; `ratings` and `reviewers` count all of them.
    """

    cases: int
    compared: int
    reviewers: int
    ratings: int
    percent: float | None
    alpha: float | None
    ac1: float | None
    ac1_se: float | None
    fleiss_kappa: float | None


def reliability(ratings: Any) -> Reliability:
    """How far do several reviewers agree about the same cases, beyond chance?

    One row a case and one column a reviewer (rows of a list, an array or a frame); any categories, and None
    or NaN for a case that a reviewer did not score. Assumes nothing of who scored what, but that gaps have
    nothing to do with the answer. The categories are those that occur.

    `.percent` is the share of pairs of reviewers who agree about a case, averaged over the cases with two
    ratings or more; the shares of the categories are averaged over all cases. `.alpha` is Krippendorff's for
    nominal data, in closed form on the cases with two ratings or more: Krippendorff (2011), "Computing
    Krippendorff's alpha-reliability", University of Pennsylvania, form D. `.ac1` Gwet (2008), British
    Journal of Mathematical and Statistical Psychology 61, 29-48; `.fleiss_kappa` Fleiss (1971),
    Psychological Bulletin 76, 378-382; both carried over to gaps as in Gwet (2014), Handbook of Inter-Rater
    Reliability, 4th ed., chapter 2. `.ac1_se` is the linearised standard error over cases, divisor n, no
    finite-population correction.

    `None` where undefined: everything, when no case has two ratings; alpha and kappa, when only one category
    occurs; the standard error, when all agree, where the formula's 0 would claim certainty. Raises `Refused`
    for rows of different lengths.
    """
    counts, reviewers = _counted(ratings)
    given = counts.sum(axis=1)
    counts, given = counts[given > 0], given[given > 0]
    paired = given > 1
    compared, found = int(paired.sum()), int(given.sum())
    if compared == 0:
        return Reliability(len(given), 0, reviewers, found, None, None, None, None, None)
    pairs = given * (given - 1)
    agreeing = (counts * (counts - 1)).sum(axis=1)
    own = np.where(paired, agreeing / np.maximum(pairs, 1), 0.0)
    percent = float(own[paired].mean())
    shares = counts / given[:, None]
    mean_shares = shares.mean(axis=0)
    ac1, ac1_se = _ac1(own, shares, paired, perfect=bool(np.all(agreeing == pairs)))
    by_chance = float(mean_shares @ mean_shares)
    one_category = counts.shape[1] == 1
    return Reliability(
        cases=len(given),
        compared=compared,
        reviewers=reviewers,
        ratings=found,
        percent=percent,
        alpha=_alpha(counts[paired]),
        ac1=ac1,
        ac1_se=ac1_se,
        fleiss_kappa=None if one_category else (percent - by_chance) / (1 - by_chance),
    )


def _counted(ratings: Any) -> tuple[WholeNumbers, int]:
    """How often each category occurs (columns) in each case (rows), and the number of reviewers."""
    if isinstance(ratings, pd.DataFrame):
        table = ratings.to_numpy(dtype=object)
    elif isinstance(ratings, np.ndarray):
        table = ratings
    else:
        # As objects: numpy would turn NaN beside text into the text "nan".
        table = np.array([tuple(row) for row in ratings], dtype=object)
    if table.size == 0:
        return np.zeros((0, 1), dtype=np.int64), 0
    if table.ndim != 2:
        raise Refused(
            "Ratings are one row a case and one column a reviewer, all rows of one length. "
            "Write None where a reviewer did not score a case."
        )
    cases, reviewers = table.shape
    category, names = pd.factorize(table.ravel())
    width = max(len(names), 1)
    case = np.repeat(np.arange(cases), reviewers)
    scored = category >= 0
    cells = np.bincount(case[scored] * width + category[scored], minlength=cases * width)
    return cells.reshape(cases, width).astype(np.int64), reviewers


def _alpha(counts: WholeNumbers) -> float | None:
    given = counts.sum(axis=1)
    n, totals = int(given.sum()), counts.sum(axis=0)
    differing = n * n - int(totals @ totals)
    if differing == 0:
        return None
    agreeing = np.sum((counts * (counts - 1)).sum(axis=1) / (given - 1))
    return float(1 - (n - 1) * (n - agreeing) / differing)


def _ac1(own: Numbers, shares: Numbers, paired: Any, *, perfect: bool) -> tuple[float | None, float | None]:
    """Gwet's AC1 and its standard error, from each case's own agreement and shares of the categories."""
    if perfect:
        return 1.0, None
    mean, categories = shares.mean(axis=0), shares.shape[1]
    observed = own[paired].mean()
    expected = float(np.sum(mean * (1 - mean))) / (categories - 1)
    ac1 = float((observed - expected) / (1 - expected))
    # What one case does to either: both are means over cases, agreement only over those with two ratings.
    to_observed = np.where(paired, own - observed, 0.0) / paired.mean()
    to_expected = (shares - mean) @ (1 - 2 * mean) / (categories - 1)
    terms = (to_observed - (1 - ac1) * to_expected) / (1 - expected)
    return ac1, float(np.sum(terms**2) ** 0.5 / len(own))
