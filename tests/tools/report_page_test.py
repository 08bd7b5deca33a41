"""Opens the page of scripts/report in headless Chromium, at the width of a desk and of a phone:
report_page_test.py SCRIPTS_FOLDER. Skipped, with the reason, where something is missing."""
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

sys.dont_write_bytecode = True
sys.path[:0] = [sys.argv[1], os.path.dirname(os.path.abspath(__file__))]
try:
    import report_results
    from report_pages import docs, page
    from report_pages.results import Results
except ModuleNotFoundError as missing:
    print(f"skipped: {missing}; scripts/setup python3-matplotlib python3-numpy")
    sys.exit(77)

WIDTHS = (1280, 390)

# What is wrong with a page, put in its title. A picture is whole if all of its texts are inside.
LOOK = """<script>
addEventListener('load', () => {
  const wrong = [], width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width)
    wrong.push('scrolls: ' + document.documentElement.scrollWidth + ' of ' + width);
  for (const e of document.querySelectorAll('body *')) {
    const box = e.getBoundingClientRect();
    if (e.tagName !== 'WBR' && !e.closest('svg') && (box.left < -1 || box.right > width + 1))
      wrong.push(`${e.tagName} of ${e.closest('section')?.id} outside of the page`);
  }
  let pictures = 0;
  for (const svg of document.querySelectorAll('svg')) {
    const box = svg.getBoundingClientRect();
    if (box.width === 0) continue;  // of the other width
    ++pictures;
    if (box.width < 300 || box.height < 80) wrong.push('small picture');
    for (const e of svg.querySelectorAll('text')) {
      const t = e.getBoundingClientRect();
      if (t.left < box.left - 1 || t.right > box.right + 1 || t.top < box.top - 1 ||
          t.bottom > box.bottom + 1)
        wrong.push('cut off: ' + e.textContent.trim());
      if (parseFloat(getComputedStyle(e).fontSize) * box.width / svg.viewBox.baseVal.width < 7)
        wrong.push('small text: ' + e.textContent.trim());
    }
    for (const use of svg.querySelectorAll('use'))
      if (!document.getElementById(use.getAttribute('href').slice(1))) wrong.push('broken picture');
    if (/#0102/.test(svg.outerHTML)) wrong.push('a colour of no theme');
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id twice');
  parent.document.title = JSON.stringify({pictures, width: innerWidth, wrong: [...new Set(wrong)]});
});
</script>"""


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if shutil.which(name):
            return name
    print("skipped: there is no Chromium; scripts/setup chromium")
    sys.exit(77)


def open_page(text, width, folder):
    """(what LOOK found, what the console said)"""
    path = pathlib.Path(folder, f"page{width}.html")
    inner = html.escape(text.replace("</head>", LOOK + "</head>"), quote=True)
    # A window of a desk's Chromium cannot be as narrow as a phone, but a frame can.
    path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><iframe srcdoc="{inner}" '
                    f'style="width:{width}px;height:900px;border:0"></iframe>', encoding="utf-8")
    run = subprocess.run(
        [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         "--enable-logging=stderr", "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile",
         "--window-size=1400,1000", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=False)
    title = re.search(r"<title>({.*?})</title>", run.stdout, flags=re.S)
    if run.returncode != 0 or not title:
        raise AssertionError(f"Chromium ends with {run.returncode}: {run.stderr[-2000:]}")
    found = json.loads(html.unescape(title[1]))
    return found, [l for l in run.stderr.splitlines() if "CONSOLE" in l]


def test_page_is_whole(text, folder):
    for width in WIDTHS:
        found, console = open_page(text, width, folder)
        assert found["width"] == width, found
        assert found["wrong"] == [] and console == [], (width, found, console)
        assert found["pictures"] == 11, (width, found)


# What the test above would say of pages with faults.
def test_faults_are_found(text, folder):
    def faults(old, new, width=390):
        broken = text.replace(old, new, 1)
        assert broken != text, old
        found, console = open_page(broken, width, folder)
        return " ".join(found["wrong"] + console)
    assert "scrolls" in faults("<main>", '<main><div style="width:500px">x</div>')
    assert "cut off: peer" in faults("</svg>", '<text x="9999" y="9">peer</text></svg>', 1280)
    assert "broken picture" in faults("</svg>", '<use href="#nothing"/></svg>', 1280)
    assert "CONSOLE" in faults("<main>", "<main><script>none.at.all</script>")
    assert "no theme" in faults("</svg>", '<g fill="#010203"/></svg>', 1280)


def test_text(text):
    assert "&lt;1&gt;" in text and "CPU <1>" not in text
    assert re.search(r"(src|href)=\"(?!#|data:)", text) is None
    assert "url(http" not in text and "@import" not in text
    assert "role=\"alert\"" not in text
    # Losses first.
    table = text[text.index('id="speed"'):text.index("<h3>ONNX Runtime")]
    order = [m[1] for m in re.finditer(r"<tr><td>([^<]+)(?:<wbr>[^<]+)* <span", table)]
    assert len(order) == 6
    bests = [float(m[1]) for m in re.finditer(r"</td><td><span class=\"\w*\">([\d.]+)</span>"
                                              r"<span class=\"interval\">[^<]*</span></td>"
                                              r"<td><span class=\"\w*\">[\d.]+</span><span class="
                                              r"\"interval\">[^<]*</span></td></tr>", table)]
    assert len(bests) == 6 and bests == sorted(bests), bests


def test_warnings():
    def said(**what):
        return page.warnings(Results(report_results.report(**what)))
    assert "drifted by 8 %" in said(drift=0.08)
    assert "in 1 of 1 batches, up to 7.5 CPUs" in said(others=7.5)
    assert said(others=6.5) == ""  # one of eight CPUs is enough for one thread
    assert "conv/odd/nhwc failed: out of &lt;memory&gt;" in said(failed=True)


def test_few_results():
    """As of an interrupted or filtered run."""
    report = report_results.report()
    report["benchmarks"] = [r for r in report["benchmarks"] if r["section"] in ("probes", "speed")
                            and "nchw" not in r["name"]]
    assert 'id="speed"' in page.render(report)
    for row in report["benchmarks"]:
        for key in [k for k in row if k.startswith(("onednn", "xnnpack"))]:
            del row[key]
    assert 'id="speed"' in page.render(report)  # --peers none


def test_docs(folder):
    root = pathlib.Path(folder, "root")
    root.mkdir()
    results = Results(report_results.report())
    (root / "README.md").write_text("before\n")
    try:
        docs.write(root, results)
        raise AssertionError("README has no place for the table")
    except ValueError as error:
        assert "README.md has no" in str(error)
    (root / "README.md").write_text(
        "before\n<!-- scripts/report writes this -->\nold\n<!-- until here -->\nafter\n")
    path = root / "docs" / "performance.md"
    path.write_text("# Head\n\n<!-- machine: another -->\n## another\n<!-- end of machine -->\n")
    docs.write(root, results)
    once = path.read_text(encoding="utf-8")
    docs.write(root, results)
    assert path.read_text(encoding="utf-8") == once
    assert once.startswith("# Head\n\n<!-- machine: another -->\n## another\n<!-- end of")
    assert once.count("## Made-up CPU") == 1 and "| mobilenet2_dw2s2 |" in once
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert "old" not in readme and "| convolution, NHWC | 3 |" in readme
    assert readme.startswith("before\n") and readme.endswith("-->\nafter\n")
    svg = (root / "docs" / "performance.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(svg).tag.endswith("svg") and "#0102" not in svg
    assert set(re.findall(r"var\(--(\w+)\)", svg)) <= set(re.findall(r"--(\w+):", svg))


def main():
    text = page.render(report_results.report())
    test_text(text)
    test_warnings()
    test_few_results()
    with tempfile.TemporaryDirectory() as folder:
        test_docs(folder)
        test_page_is_whole(text, folder)
        test_faults_are_found(text, folder)


if __name__ == "__main__":
    main()
