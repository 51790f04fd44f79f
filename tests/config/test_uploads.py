"""Files that people send: only where they are asked for, by whom it may be, and no larger than is said."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadhandler import SkipFile, StopUpload
from django.test import RequestFactory
from django.urls import resolve

from config import uploads
from config.uploads import Bounded, too_large


def handler(path, user=None, announced=10):
    request = RequestFactory().post(path)
    request.resolver_match, request.user = resolve(path), user
    made = Bounded(request)
    made.handle_raw_input(io.BytesIO(), {}, announced, b"", None)
    return made


class Somebody:
    is_authenticated = True


class Nobody:
    is_authenticated = False


def begin(made):
    made.new_file("file", "a.csv", "text/csv", None)


@pytest.mark.parametrize(("path", "user"), [("/transactions/", Somebody()), ("/imports/", Nobody())])
def test_a_file_that_nobody_asked_for_is_passed_over(path, user):
    with pytest.raises(SkipFile):
        begin(handler(path, user))


def test_what_comes_is_held_with_its_size_and_digest_and_lies_under_no_name():
    made = handler("/imports/", Somebody())
    begin(made)
    made.receive_data_chunk(b"txid,", 0)
    made.receive_data_chunk(b"refid", 5)
    found = made.file_complete(10)
    assert (found.read(), found.size, len(found.digest)) == (b"txid,refid", 10, 64)
    assert not isinstance(getattr(found.file, "name", None), str)


@pytest.mark.parametrize("announced", [10, 10 << 30])
def test_what_is_too_large_is_said_to_be_and_is_read_out_only_where_that_is_short(announced, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST", 8)
    made = handler("/imports/", Somebody(), announced)
    begin(made)
    made.receive_data_chunk(b"12345678", 0)
    with pytest.raises(StopUpload) as stopped:
        made.receive_data_chunk(b"9", 8)
    assert stopped.value.connection_reset == (announced > uploads.READ_OUT)
    assert too_large(made.request)
    made.upload_interrupted()
    assert made.held.closed


def test_what_could_not_be_written_whole_is_no_file():
    """Where the disk is full a write may fall short, and say so by its number only."""
    made = handler("/imports/", Somebody())
    begin(made)
    made.held.close()
    made.held = type("Cramped", (io.BytesIO,), {"write": lambda self, piece: io.BytesIO.write(self, piece[:3])})()
    made.receive_data_chunk(b"abc", 0)
    with pytest.raises(OSError, match="No space left"):
        made.receive_data_chunk(b"defgh", 3)


def test_the_page_has_more_time_as_long_as_something_comes():
    made, asked = handler("/imports/", Somebody()), []
    made.request.META[uploads.MORE_TIME] = lambda: asked.append(1)
    begin(made)
    made.receive_data_chunk(b"1", 0)
    assert asked
    made.upload_interrupted()
