"""Pieces of the page."""
import html
import os

escape = html.escape


def style():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "style.css")
    with open(path, encoding="utf-8") as file:
        return file.read()


def table(head, rows, facts=False):
    """Cells are HTML already."""
    text = '<table class="facts">' if facts else "<table>"
    if head:
        text += "<thead><tr>" + "".join(f"<th>{h}</th>" for h in head) + "</tr></thead>"
    text += "<tbody>" + "".join(
        "<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>\n" for row in rows)
    return text + "</tbody></table>\n"


def facts(rows):
    return table(None, [(escape(str(name)), escape(str(value))) for name, value in rows if value],
                 facts=True)


def figure(pictures, description):
    """`pictures` as svg.draw gives them; nothing if there are none."""
    if pictures is None:
        return ""
    wide, narrow = pictures
    label = escape(description, quote=True)
    return (f'<figure><div class="wide" role="img" aria-label="{label}">{wide}</div>\n'
            f'<div class="narrow" role="img" aria-label="{label}">{narrow}</div>'
            f"<figcaption>{escape(description)}</figcaption></figure>\n")


def repeat(commands):
    if not commands:
        return ""
    codes = "".join(f"<code>{escape(c)}</code>" for c in commands)
    return f'<details class="repeat"><summary>Measure this again</summary>{codes}</details>\n'


def number(value):
    """With two to three digits that count."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percent(value):
    width = max(0, min(100, value))
    digits = 0 if value >= 10 else 1
    return (f'{value:.{digits}f} %<span class="bar"><i style="width:{width:.0f}%"></i></span>')


def layer(name, *notes):
    """A layer's name, which may go on in the next line after each "_"."""
    note = f' <span class="note">{escape(", ".join(filter(None, notes)))}</span>' if notes else ""
    return escape(name).replace("_", "_<wbr>") + note


def ratio(r):
    """A ratio with its interval; red where Windrow is slower for certain, green where faster."""
    if r is None:
        return '<span class="muted">–</span>'
    kind = "loss" if r.high < 1 else "win" if r.low > 1 else ""
    sure = "" if r.confidence > 0.93 else f" ({100 * r.confidence:.0f} %)"
    return (f'<span class="{kind}">{number(r.middle)}</span>'
            f'<span class="interval">{number(r.low)} – {number(r.high)}{sure}</span>')
