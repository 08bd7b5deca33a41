"""The page, from the results."""
from report_pages import html, machine_section, sections
from report_pages.results import Results


def warnings(results):
    lines = machine_section.warnings(results)
    if not lines:
        return ""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return (f'<div class="warning" role="alert">Read this with care: the measurement was '
            f"disturbed<ul>{items}</ul></div>\n")


def render(report):
    results = Results(report)
    extra = results.extra
    parts = [("machine", "Machine", machine_section.render(results))]
    for name, title, needs, write in sections.ALL:
        if results.has(needs):
            parts.append((name, title, write(results)))
    links = "".join(f'<a href="#{name}">{title}</a> ' for name, title, _ in parts)
    body = "".join(f'<section id="{name}"><h2>{title}</h2>\n{text}</section>\n'
                   for name, title, text in parts)
    quick = ("<p class=muted>The quick form: a few layers of each kind, few rounds. "
             "<code>scripts/report</code> measures all of them.</p>" if extra["quick"] else "")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Windrow on {html.escape(extra['info']['cpu'])}</title>
<link rel="icon" href="data:,">
<style>
{html.style()}</style>
</head>
<body>
<header>
<h1>How fast Windrow is on this machine</h1>
<p class="muted">{html.escape(extra['info']['cpu'])}, {html.escape(extra['target'])},
{extra['threads']} thread{'s' if extra['threads'] > 1 else ''}, {extra['date']}</p>
</header>
{warnings(results)}{quick}<nav>{links}</nav>
<main>
{body}</main>
</body>
</html>
"""
