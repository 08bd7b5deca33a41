"""Pictures as SVG whose colours are the page's, light or dark, each for a wide and a narrow page."""
import io
import re

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (must come after the choice of SVG)

# What is drawn in one of these colours has that CSS variable's.
COLOURS = {"ink": "#010203", "muted": "#010204", "grid": "#010205", "nhwc": "#010206",
           "nchw": "#010207", "peer": "#010208", "bad": "#010209", "s1": "#01020a",
           "s2": "#01020b", "s3": "#01020c", "s4": "#01020d", "s5": "#01020e"}
SERIES = [COLOURS[f"s{i}"] for i in range(1, 6)]

_STYLE = {
    "svg.fonttype": "none", "font.family": "DejaVu Sans", "axes.spines.top": False,
    "axes.spines.right": False, "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["muted"], "axes.titlecolor": COLOURS["ink"],
    "text.color": COLOURS["ink"], "xtick.color": COLOURS["muted"], "ytick.color": COLOURS["muted"],
    "axes.grid": True, "grid.color": COLOURS["grid"], "grid.linewidth": 0.6, "legend.frameon": False,
    "axes.axisbelow": True, "lines.linewidth": 1.4, "axes.titlelocation": "left",
    "figure.constrained_layout.use": True}


def _inline(text, prefix):
    """The SVG element alone, with names of its own and the page's colours."""
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r"<defs>\s*<style type=\"text/css\">.*?</style>\s*</defs>", "", text, flags=re.S)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r"url\(#", f"url(#{prefix}-", text)
    text = re.sub(r'xlink:href="#', f'href="#{prefix}-', text)
    text = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r"'DejaVu Sans'(, [^;\"]*)?", "system-ui, 'DejaVu Sans', sans-serif", text)
    for name, colour in COLOURS.items():
        text = text.replace(colour, f"var(--{name})")
    return re.sub(r"\n\s*", "\n", text).strip()


def draw(name, paint, wide, narrow, subplots=1):
    """(SVG for wide pages, for narrow ones). `wide` and `narrow` are heights in inches; `paint`
    gets the axes, or a list of `subplots`, side by side or one above the other, and whether the
    page is narrow."""
    drawn = []
    for is_narrow, size in ((False, (8.6, wide)), (True, (4.1, narrow))):
        with pyplot.rc_context({**_STYLE, "font.size": 8 if is_narrow else 9,
                                "axes.titlesize": 9 if is_narrow else 10,
                                "svg.hashsalt": name}):
            shape = (subplots, 1) if is_narrow else (1, subplots)
            figure, axes = pyplot.subplots(*shape, figsize=size, squeeze=False)
            axes = list(axes.flat)
            paint(axes if subplots > 1 else axes[0], is_narrow)
            figure.patch.set_visible(False)
            for ax in axes:
                ax.patch.set_visible(False)
            out = io.StringIO()
            figure.savefig(out, format="svg", metadata={"Date": None})
            pyplot.close(figure)
        drawn.append(_inline(out.getvalue(), f"{name}-{'n' if is_narrow else 'w'}"))
    return drawn
