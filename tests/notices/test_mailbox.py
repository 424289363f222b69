"""Answers to our mails, read from a mailbox by IMAP."""

from __future__ import annotations

import asyncio
import getpass
import os
import pwd
import shutil
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from calls.errors import SettingsError
from calls.notices import NotSent
from notices.mail_server import MailboxAt
from notices.mailbox import Mailbox, own_words, reply_in
from tests.notices.receivers import a_mailroom

OURS = "<0123456789abcdef@antesala.invalid>"


def answer(text: str, to: str = OURS, html: bool = False, **more: str) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"] = "Elena Vidal <Elena@vidal.example>", "antesala@vidal.example"
    letter["Subject"], letter["Message-ID"], letter["In-Reply-To"] = "Re: El día", "<r1@phone.example>", to
    for name, value in more.items():
        letter[name.replace("_", "-")] = value
    letter.set_content(text, subtype="html" if html else "plain")
    return bytes(letter)


@pytest.mark.parametrize(
    "text",
    [
        "1: sí\n2: no\n\nEl lun, 23 nov 2026 a las 18:31, Clara (<antesala@vidal.example>)\nescribió:\n> 1. ¿...?",
        "1: sí\r\n2: no\r\n\r\nOn Mon, Nov 23, 2026 at 6:31 PM Clara <a@b.example> wrote:\r\n> 1. x",
        "1: sí\n2: no\n\n-----Mensaje original-----\nDe: Clara\n1. ¿...?",
        "1: sí\n2: no\n\n-- \nElena Vidal\n3: no",
        "1: sí\n2: no\n\nEnviado desde mi iPhone",
        "1: sí\n2: no\n\nFrom: Clara <antesala@vidal.example>\nSent: Monday",
    ],
)
def test_only_the_writer_s_own_words_count(text: str) -> None:
    assert own_words(text) == "1: sí\n2: no"


def test_html_alone_is_read_too_and_what_a_program_wrote_is_told_apart() -> None:
    html = "<div>1: s&iacute;<br>2: no</div><blockquote>1. ¿...?</blockquote>"
    reply = reply_in(answer(html, html=True))
    assert reply.text == "1: sí\n2: no" and reply.sender == "elena@vidal.example" and not reply.automatic
    assert reply.answers == ("0123456789abcdef",)
    assert reply_in(answer("Estoy fuera", Auto_Submitted="auto-replied")).automatic


async def test_answers_to_us_are_read_and_settled_others_are_left_alone() -> None:
    async with a_mailroom() as room:
        room.letters = [answer("1: sí"), answer("hola", to="<x@elsewhere.example>")]
        mailbox = Mailbox(MailboxAt.read(f"imap://antesala:s%40crt@127.0.0.1:{room.port}/INBOX"))
        (reply,) = await mailbox.answers()
        assert reply.text == "1: sí" and room.seen == set()
        await mailbox.settle(reply)
        assert await mailbox.answers() == [] and room.seen == {1}
        mailbox.close()


async def test_a_mailbox_that_is_not_there_says_so() -> None:
    mailbox = Mailbox(MailboxAt.read("imap://a:b@127.0.0.1:1/INBOX"), within_s=5)
    with pytest.raises(NotSent):
        await mailbox.answers()
    mailbox.close()
    with pytest.raises(SettingsError):
        MailboxAt.read("https://mail.example")


DOVECOT = """\
base_dir = {home}/run
log_path = {home}/log
protocols = imap
ssl = no
mail_location = maildir:{home}/mail
default_internal_user = {internal}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password=s@crt
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
"""


def _users(home: Path) -> dict[str, str | int]:
    """Whom it runs as; started by root it insists on users of its own, who have to reach `home`."""
    if os.getuid():
        own = getpass.getuser()
        return {"internal": own, "login": own, "uid": os.getuid(), "gid": os.getgid()}
    user = pwd.getpwnam("dovecot")
    for each in (home, *home.rglob("*")):
        os.chown(each, user.pw_uid, user.pw_gid)
    return {"internal": "dovecot", "login": "dovenull", "uid": user.pw_uid, "gid": user.pw_gid}


@asynccontextmanager
async def dovecot(home: Path) -> AsyncGenerator[int]:
    """The IMAP server of most mail hosts, over the folder `home`/mail, at the port that is given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    (home / "conf").write_text(DOVECOT.format(home=home, port=port, **_users(home)))
    server = await asyncio.create_subprocess_exec("dovecot", "-F", "-c", str(home / "conf"))
    try:
        async with asyncio.timeout(30):
            while not (home / "run" / "master.pid").exists():  # noqa: ASYNC110  (it has no other sign of life)
                await asyncio.sleep(0.05)
        yield port
    finally:
        server.terminate()
        await server.wait()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dovecot") is None, reason="Dovecot (dovecot-imapd) is not installed")
async def test_dovecot_is_read_as_well() -> None:
    with TemporaryDirectory() as place:
        await read_from(Path(place))


async def read_from(home: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (home / "mail" / name).mkdir(parents=True)
    (home / "mail" / "new" / "1.a").write_bytes(answer("1: sí"))
    (home / "mail" / "new" / "2.a").write_bytes(answer("hola", to="<x@elsewhere.example>"))
    async with dovecot(home) as port:
        mailbox = Mailbox(MailboxAt.read(f"imap://antesala:s%40crt@127.0.0.1:{port}/INBOX"))
        (reply,) = await mailbox.answers()
        assert reply.text == "1: sí" and [each.id for each in await mailbox.answers()] == [reply.id]
        await mailbox.settle(reply)
        assert await mailbox.answers() == []
        mailbox.close()
