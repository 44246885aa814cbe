"""The steps of the disk image for macOS. Apple's tools are stand-ins that write down how they were called."""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
IDENTITY = "Developer ID Application: Somebody (TEAM)"
MACH_O = b"\xcf\xfa\xed\xfe the rest"
# Each writes its line first. "$ANSWERS" is a folder with what it is to do: fail so often, say this.
TOOL = """#!/bin/sh
line="$(basename "$0") $*"
printf '%s\\n' "$line" >>"$CALLS"
{body}
"""
BODIES = {
    "codesign": '[ ! -e "$ANSWERS/codesign-fails" ] || case "$line" in *--sign*QtCore*) exit 1 ;; esac',
    "ditto": 'case "$1" in -c) for last; do :; done; echo zip >"$last" ;; *) cp -R "$1" "$2" ;; esac',
    "hdiutil": """
case "$1" in create)
  if [ -s "$ANSWERS/busy" ]; then sed -i.old 1d "$ANSWERS/busy"; echo "hdiutil: Resource busy" >&2; exit 1; fi
  for last; do :; done
  (cd "$5" && ls -l) >"$last"
esac""",
    "xcrun": 'case "$2" in submit) cat "$ANSWERS/apple" ;; log) echo "what Apple found" ;; esac',
    "spctl": "",
    "uname": "echo arm64",
}
ACCEPTED = '{"id": "1234-abcd", "status": "Accepted", "message": "Processing complete"}'
REFUSED = '{"id": "1234-abcd", "status": "Invalid", "message": "Processing complete"}'

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script of the shell")


@dataclass
class Mac:
    """A folder with an app, and tools of Apple that only write down."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "answers").mkdir()
        self.answer("apple", ACCEPTED)
        bin_ = self.folder / "bin"
        bin_.mkdir()
        for name, body in BODIES.items():
            (bin_ / name).write_text(TOOL.format(body=body))
            (bin_ / name).chmod(0o755)
        inside = {
            "MacOS/Shopbell": MACH_O,
            "Frameworks/libpython3.13.dylib": MACH_O,
            "Frameworks/lxml/etree.so": b"\xca\xfe\xba\xbe for several",
            "Frameworks/no suffix": MACH_O,
            "Frameworks/QtCore.framework/Versions/A/QtCore": MACH_O,
            "Resources/styles/window.qss": b"words",
            "Resources/empty.txt": b"",
            "Info.plist": b"<plist/>",
        }
        for name, content in inside.items():
            file = self.app / "Contents" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (self.app / "Contents/MacOS/Shopbell").chmod(0o755)

    @property
    def app(self) -> Path:
        return self.folder / "dist" / "Shopbell.app"

    def answer(self, name: str, text: str = "") -> None:
        (self.folder / "answers" / name).write_text(text)

    def without(self, tool: str) -> None:
        (self.folder / "bin" / tool).unlink()

    def make(self, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOPBELL_")}
        environment |= {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "CALLS": str(self.folder / "calls"),
            "ANSWERS": str(self.folder / "answers"),
            "PAUSE": "0",
            **{f"SHOPBELL_{name.upper()}": value for name, value in settings.items()},
        }
        return subprocess.run(
            ["sh", str(PROJECT / "scripts" / "dmg.sh"), str(self.app), str(self.folder / "out")],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        """Without the folders of this test."""
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line.replace(f"{self.folder}/", "") for line in lines if not line.startswith("uname")]

    @property
    def image(self) -> Path:
        version = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
        return self.folder / "out" / f"shopbell-{version}-macos-arm64.dmg"


@pytest.fixture
def mac(tmp_path: Path) -> Mac:
    return Mac(tmp_path)


def test_without_an_identity_there_is_an_image_and_a_plain_word(mac: Mac) -> None:
    done = mac.make()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(mac.image)
    assert "Not signed: SHOPBELL_SIGN_IDENTITY is not set." in done.stderr
    assert "docs/install.md" in done.stderr
    assert [call.split()[0] for call in mac.calls] == ["ditto", "hdiutil", "hdiutil"]
    assert mac.calls[-1].startswith("hdiutil verify")
    # What the owner sees in it.
    shown = mac.image.read_text()
    assert "Shopbell.app" in shown
    assert "Applications -> /Applications" in shown


def test_signed_from_the_inside_out(mac: Mac) -> None:
    done = mac.make(sign_identity=IDENTITY)
    assert done.returncode == 0, done.stderr
    assert "not looked through by Apple" in done.stderr
    signed = [call for call in mac.calls if call.startswith("codesign --force")]
    assert all(f"--timestamp --sign {IDENTITY} " in call for call in signed)
    places = [call.partition("Shopbell.app")[2] for call in signed]
    inner, rest = places[:3], places[3:]
    assert sorted(inner) == [
        "/Contents/Frameworks/libpython3.13.dylib",
        "/Contents/Frameworks/lxml/etree.so",
        "/Contents/Frameworks/no suffix",
    ]
    # The framework as a whole, the app with its program, and at last the image.
    assert rest == ["/Contents/Frameworks/QtCore.framework", "", ""]
    assert [call.endswith(".dmg") for call in signed] == [False] * 5 + [True]
    assert all("--options runtime" in call for call in signed[:5])
    assert ["--entitlements" in call for call in signed] == [False] * 4 + [True, False]
    assert not [call for call in mac.calls if call.startswith("xcrun")]


def test_notarised_as_an_app_and_as_an_image(mac: Mac) -> None:
    done = mac.make(sign_identity=IDENTITY, notary_profile="shopbell", sign="required")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("not set") == 0
    steps = [call for call in mac.calls if call.split()[0] in ("xcrun", "hdiutil", "spctl")]
    short = [" ".join(step.split()[:3]) for step in steps]
    assert short == [
        "xcrun notarytool submit",
        "xcrun stapler staple",
        "hdiutil create -volname",
        "xcrun notarytool submit",
        "xcrun stapler staple",
        "xcrun stapler validate",
        "spctl --assess --type",
        f"hdiutil verify out/{mac.image.name}",
    ]
    assert steps[0].split()[3].endswith("Shopbell.zip")
    assert steps[1].endswith("dist/Shopbell.app")
    assert steps[3].split()[3].endswith(".dmg")
    assert all("--keychain-profile shopbell" in step for step in steps if "submit" in step)


def test_what_apple_refuses_is_no_release(mac: Mac) -> None:
    mac.answer("apple", REFUSED)
    done = mac.make(sign_identity=IDENTITY, notary_profile="shopbell")
    assert done.returncode == 1
    assert "Apple did not accept Shopbell.zip." in done.stderr
    assert "what Apple found" in done.stderr
    assert "xcrun notarytool log 1234-abcd --keychain-profile shopbell" in mac.calls
    assert not mac.image.exists()
    assert not [call for call in mac.calls if "staple" in call]


def test_apple_that_does_not_answer_is_a_refusal(mac: Mac) -> None:
    mac.answer("apple")
    done = mac.make(sign_identity=IDENTITY, notary_profile="shopbell")
    assert (done.returncode, "did not accept" in done.stderr) == (1, True)


def test_what_cannot_be_signed_ends_it(mac: Mac) -> None:
    mac.answer("codesign-fails")
    assert mac.make(sign_identity=IDENTITY).returncode != 0
    assert not mac.image.exists()


def test_a_busy_image_is_tried_again(mac: Mac) -> None:
    mac.answer("busy", "once\ntwice\n")
    assert mac.make().returncode == 0
    assert len([call for call in mac.calls if call.startswith("hdiutil create")]) == 3


def test_an_image_that_stays_busy_is_told(mac: Mac) -> None:
    mac.answer("busy", "x\n" * 9)
    done = mac.make()
    assert (done.returncode, "hdiutil could not make the image" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"sign": "required"}, "SHOPBELL_SIGN_IDENTITY is not set, and signing is required."),
        ({"sign": "required", "sign_identity": IDENTITY}, "SHOPBELL_NOTARY_PROFILE is not set, and"),
        ({"notary_profile": "shopbell"}, "SHOPBELL_NOTARY_PROFILE without SHOPBELL_SIGN_IDENTITY"),
    ],
)
def test_half_a_setting_is_refused_before_anything_is_done(
    mac: Mac, settings: dict[str, str], word: str
) -> None:
    done = mac.make(**settings)
    assert done.returncode == 1
    assert word in done.stderr
    assert mac.calls == []


@pytest.mark.skipif(sys.platform == "darwin", reason="they are there")
def test_elsewhere_it_says_what_it_needs(mac: Mac) -> None:
    mac.without("hdiutil")
    done = mac.make()
    assert (done.returncode, mac.calls) == (1, [])
    assert "There is no hdiutil here: a disk image is made on a Mac" in done.stderr


def test_nothing_packed_is_said(mac: Mac) -> None:
    (mac.app / "Contents/MacOS/Shopbell").unlink()
    done = mac.make()
    assert done.returncode == 1
    assert "There is no packed app" in done.stderr


def test_the_app_is_given_no_more_rights_than_a_packed_python_needs() -> None:
    given = plistlib.loads((PROJECT / "packaging/macos/entitlements.plist").read_bytes())
    assert given == {
        "com.apple.security.cs.allow-unsigned-executable-memory": True,
        "com.apple.security.cs.disable-library-validation": True,
    }
