"""RFC 6901, with its own examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import json_pointer

EXAMPLES = {
    "": (),
    "/foo": ("foo",),
    "/foo/0": ("foo", "0"),
    "/": ("",),
    "/a~1b": ("a/b",),
    "/c%d": ("c%d",),
    "/m~0n": ("m~n",),
    "/~01": ("~1",),
    "/ ": (" ",),
    "//": ("", ""),
}


@pytest.mark.parametrize(("pointer", "tokens"), EXAMPLES.items())
def test_a_pointer_has_its_tokens(pointer, tokens):
    assert json_pointer.parse(pointer) == tokens
    assert json_pointer.write(tokens) == pointer


@pytest.mark.parametrize("pointer", ["foo", "foo/bar", "#/foo", " /foo", "/~", "/~2", "/a~", "/a~/b"])
def test_what_is_no_pointer_is_refused(pointer):
    with pytest.raises(ValueError, match="JSON Pointer"):
        json_pointer.parse(pointer)


@given(st.lists(st.text(st.characters(codec=None))))
def test_any_names_come_back(tokens):
    assert json_pointer.parse(json_pointer.write(tokens)) == tuple(tokens)
