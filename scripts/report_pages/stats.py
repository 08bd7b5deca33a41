"""Statistics of pairs, without assuming that times are normally distributed: they are not, the
machine only ever makes them longer.

Everything here is about logarithms of ratios, so that twice and half as fast are equally far from
the same."""
import math

import numpy

# Two times within 2 % are the same for all purposes.
MARGIN = math.log(1.02)


def median_interval(values, confidence=0.95):
    """(median, low, high): an interval of the median by order statistics, exact for any
    distribution. Where there are too few values for the confidence, all of them."""
    values = sorted(values)
    n = len(values)
    out = 0  # values left out on either side
    outside = 0.0  # probability that the median is among those, or beyond
    for k in range(n // 2):
        outside += math.comb(n, k) / 2**n
        if 2 * outside > 1 - confidence:
            break
        out = k
    return float(numpy.median(values)), values[out], values[n - 1 - out]


def median_confidence(n, confidence=0.95):
    """That of median_interval, which with few values is less than what was asked for."""
    return min(confidence, 1 - 2 / 2**n)


def walsh_averages(values):
    """The means of all pairs of values, each with itself too, ascending."""
    values = numpy.asarray(values, dtype=float)
    i, j = numpy.triu_indices(len(values))
    return numpy.sort((values[i] + values[j]) / 2)


_counts = {}


def _rank_sums(n):
    """The probability that the ranks of the positive ones among n symmetric values add up to at
    most w, for w = 0, 1, ..."""
    if n not in _counts:
        ways = numpy.zeros(n * (n + 1) // 2 + 1)
        ways[0] = 1
        for rank in range(1, n + 1):
            ways[rank:] = ways[rank:] + ways[:-rank]
        _counts[n] = numpy.cumsum(ways) / 2.0**n
    return _counts[n]


def shift_interval(averages, n, alpha):
    """The interval of Wilcoxon's signed-rank test for the centre of n values, of which these are
    the Walsh averages; each side is wrong with a probability of at most `alpha`."""
    out = int(numpy.searchsorted(_rank_sums(n), alpha, side="right"))
    if out == 0:
        return -math.inf, math.inf  # too few values to say anything
    return float(averages[out - 1]), float(averages[len(averages) - out])


def verdict(differences, margin=MARGIN):
    """(verdict, estimate, low, high) of the logarithms of B's times over A's, a pair each.

    'equivalent' needs evidence, too: both one-sided tests at 5 % that the difference is beyond the
    margin are rejected (TOST). Where that fails, 'slower' or 'faster' is what a two-sided test at
    5 % says; else 'inconclusive'."""
    averages = walsh_averages(differences)
    n = len(differences)
    low90, high90 = shift_interval(averages, n, 0.05)
    low, high = shift_interval(averages, n, 0.025)
    estimate = float(numpy.median(averages))
    if -margin < low90 and high90 < margin:
        word = "equivalent"
    elif low > 0:
        word = "slower"
    elif high < 0:
        word = "faster"
    else:
        word = "inconclusive"
    return word, estimate, low, high


def fails(result, percent):
    """Whether the gate closes: slower, and by more than so many percent."""
    word, estimate = result[:2]
    return word == "slower" and estimate > math.log1p(percent / 100)


def rates(noise, percent, draws=100, injected=(0, 1, 2, 5, 10), seed=1):
    """What the gate does when B is A, and when B is A made slower by some percent: for each of
    those {verdict: part of all draws}, and "fails" among the keys.

    `noise` has for each layer the pairs of A against itself. Which of a pair came first could as
    well have been the other one, so every choice of signs is as good a measurement."""
    generator = numpy.random.default_rng(seed)
    table = {}
    for slower in injected:
        counts = dict.fromkeys(("faster", "equivalent", "slower", "inconclusive", "fails"), 0)
        for pairs in noise:
            pairs = numpy.asarray(pairs, dtype=float)
            for _ in range(draws):
                signs = generator.choice((-1.0, 1.0), size=len(pairs))
                result = verdict(pairs * signs + math.log1p(slower / 100))
                counts[result[0]] += 1
                counts["fails"] += fails(result, percent)
        total = max(1, draws * len(noise))
        table[slower] = {word: count / total for word, count in counts.items()}
    return table


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan
