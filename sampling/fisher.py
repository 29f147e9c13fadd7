"""Fisher's combination of strata: exact tests, one in each, taken together.

Its limits are read from `sampling.stratified.stratified_limits(method="fisher")`; here every stratum is
one of which some cases, but not all, were reviewed, and counts are already checked.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from sampling.hypergeometric import Numbers, WholeNumbers


def most_failing(size: WholeNumbers, n: WholeNumbers, x: WholeNumbers, level: float) -> int:
    """max{G : p(G) > level}, p(G) the largest Fisher combination over the ways to spread G failing cases.

    In stratum h the test of g_h failing cases has p_h(g_h) = P(X_h ≤ x_h), and an allocation the chance
    P(χ²_{2H} ≥ −2 Σ ln p_h(g_h)): Fisher, R. A. (1932), Statistical Methods for Research Workers, 4th ed.,
    section 21.1; the largest over all allocations as in Ottoboni, K., Stark, P. B., Lindeman, M. and
    McBurnett, N. (2018), "Risk-limiting audits by stratified union-intersection tests of elections
    (SUITE)", E-Vote-ID, LNCS 11143, 174-188. p-values of counts are stochastically larger than uniform
    ones, so the combination only errs on the safe side.

    No search is needed, because −ln p_h is convex in g_h. Number the cases of the stratum so that the
    failing ones are 1 to g. X_h ≤ x exactly if Y, the (x + 1)-th smallest number in the sample, is above
    g; so p_h(g) is a tail of Y. Y = y has the chance C(y − 1, x) C(N − y, n − x − 1)/C(N, n): a product of
    log-concave sequences in y, and the tails of a log-concave sequence are log-concave. The smallest sum
    for G failing cases therefore takes the cheapest steps, whichever strata they are in.
    """
    return int(x.sum()) + max(int(np.searchsorted(_costs(size, n, x), _threshold(len(n), level))), 1) - 1


def rules_out(size: WholeNumbers, n: WholeNumbers, x: WholeNumbers, failing: int, level: float) -> bool:
    """Is `failing`, and with it every larger count that can be, above `most_failing`?"""
    return bool(_costs(size, n, x)[failing - int(x.sum())] >= _threshold(len(n), level))


def _threshold(strata: int, level: float) -> float:
    """The sum of −ln p from which the combination is at most the level.

    It cannot tie with a level such as 0.05: the logarithm of a ratio of whole numbers is transcendental.
    """
    # Half of a χ² with 2H degrees of freedom has the upper tail Q(H, ·), the incomplete gamma function.
    return float(special.gammainccinv(strata, level))


def _costs(size: WholeNumbers, n: WholeNumbers, x: WholeNumbers) -> Numbers:
    """The smallest Σ −ln p_h(g_h) for Σ x_h, Σ x_h + 1, … failing cases."""
    log_factorial = special.gammaln(np.arange(int(size.max()) + 1) + 1.0)
    steps = [
        _steps(*counts, log_factorial) for counts in zip(size.tolist(), n.tolist(), x.tolist(), strict=True)
    ]
    costs: Numbers = np.concatenate(([0.0], np.cumsum(np.sort(np.concatenate(steps)))))
    return costs


def _steps(size: int, n: int, x: int, log_factorial: Numbers) -> Numbers:
    """By how much −ln p grows with each further failing case, up to all that were not reviewed."""

    def log_choose(whole: WholeNumbers, part: int) -> Numbers:
        ways: Numbers = log_factorial[whole] - log_factorial[part] - log_factorial[whole - part]
        return ways

    if x == n:  # nothing met: the test can rule nothing out
        return np.zeros(size - n)
    y = np.arange(x + 1, size - n + x + 2)
    log_ways = log_choose(y - 1, x) + log_choose(size - y, n - x - 1)
    # Tails in logarithms, because the smallest of them are too small for a float.
    log_tails = np.logaddexp.accumulate(log_ways[::-1])[::-1]
    steps: Numbers = -np.diff(log_tails)
    return steps
