import stream_producers


def test_the_public_list_is_what_there_is() -> None:
    public = {name for name, value in vars(stream_producers).items() if not name.startswith("_")}
    modules = {name for name in public if type(getattr(stream_producers, name)).__name__ == "module"}
    assert public - modules == set(stream_producers.__all__) - modules
    assert len(stream_producers.__all__) == len(set(stream_producers.__all__))
