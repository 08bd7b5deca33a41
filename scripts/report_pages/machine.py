"""What the page says of the machine, the build and the sources, besides `windrow info`."""
import json
import os
import re
import subprocess


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _first_line(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline().strip()
    except OSError:
        return ""


def commit(root):
    """The commit's name, marked if what is measured differs from it; empty outside of a
    repository."""
    name = _output("git", "-C", root, "rev-parse", "--short=12", "HEAD")
    changed = _output("git", "-C", root, "status", "--porcelain", "--", "CMakeLists.txt", "bench",
                      "cmake", "include", "lib", "problems", "tools")
    return name + (" with changes" if name and changed else "")


def compiler(build):
    """(version, flags) of the kernels, without the paths of this machine."""
    try:
        with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
            commands = json.load(file)
    except OSError:
        return "unknown", ""
    for entry in commands:
        if entry["file"].endswith("tile_kernels.cc"):
            words = entry["command"].split()
            break
    else:
        return "unknown", ""
    words = [w for w in words if not w.endswith("ccache")]
    version = _output(words[0], "--version").split("\n")[0]
    flags = [w for w in words[1:] if re.match(r"-(O|m|f|std|g|D)", w) and "/" not in w]
    return version, " ".join(flags)


def topology():
    """Rows of names and values."""
    wanted = {"Architecture": "architecture", "Socket(s)": "sockets",
              "Core(s) per socket": "cores a socket", "Thread(s) per core": "threads a core",
              "NUMA node(s)": "NUMA nodes", "Hypervisor vendor": "hypervisor"}
    rows = {}
    for line in _output("env", "LC_ALL=C", "lscpu").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in wanted:
            rows[wanted[name.strip()]] = value.strip()
    governor = _first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    rows["frequency governor"] = governor or "not shown to this system"
    rows["kernel"] = _output("uname", "-sr")
    return rows


class Load:
    """Who else was using the CPUs between construction and `ended`: in CPUs."""

    def __init__(self):
        self.before = self._now()

    @staticmethod
    def _now():
        ticks = os.sysconf("SC_CLK_TCK")
        words = [int(w) for w in _first_line("/proc/stat").split()[1:9]] or [0] * 8
        user, nice, system, _, _, irq, soft, steal = words
        own = os.times()
        mine = own.user + own.system + own.children_user + own.children_system
        return (os.times().elapsed, (user + nice + system + irq + soft) / ticks, steal / ticks,
                mine)

    def ended(self):
        wall, busy, steal, mine = (b - a for a, b in zip(self.before, self._now()))
        if wall < 0.2:  # a clock tick is 10 ms
            return {"others": 0.0, "stolen": 0.0}
        return {"others": round(max(0.0, busy - mine) / wall, 3), "stolen": round(steal / wall, 3)}
