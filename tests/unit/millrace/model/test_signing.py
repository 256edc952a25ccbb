import pytest
from botocore.exceptions import ClientError

from millrace.errors import UserError
from millrace.model import signing
from model_store.errors import ArtifactRefused
from model_store.signature import PublicKeys
from model_store.store import ModelStore
from model_store.verify import verify
from tests.fakes import artifacts
from tests.fakes.signing import FakeKey, FakeKms

SIGNATURE = "models/sessions/1/manifest.sig"


@pytest.fixture
def kms():
    return FakeKms()


def signing_store(s3, kms, outputs):
    return ModelStore(s3, "models", "sessions", signing.signer(outputs, lambda: kms))


def signatures(s3):
    return s3.list_object_versions(Bucket="models", Prefix=SIGNATURE).get("Versions", [])


def test_what_is_published_is_signed_by_kms_and_verified_without_it(s3, kms, artifact):
    made = kms.create()
    store = signing_store(s3, kms, made)
    pointer = store.publish(artifact)
    assert pointer.signature_version_id == signatures(s3)[0]["VersionId"]
    stored = ModelStore(s3, "models", "sessions").artifact(pointer)
    keys = PublicKeys.read(made["model_store"]["public_keys"][0])
    assert verify(stored, signature=keys.check)
    assert signing.state(stored, signing.public_keys(made)) == f"signed by {keys.keys[0].fingerprint[:12]}"


def test_a_signature_that_holds_is_not_made_again(s3, kms, artifact):
    """KMS signs the same bytes otherwise each time; an artifact's objects do not change."""
    store = signing_store(s3, kms, kms.create())
    assert store.publish(artifact) == store.publish(artifact)
    assert len(signatures(s3)) == 1


def test_a_version_is_pointed_to_with_the_signature_that_it_has(s3, kms, artifact):
    assert signing_store(s3, kms, kms.create()).publish(artifact) == ModelStore(
        s3, "models", "sessions"
    ).signed_pointer(artifact.manifest.version)


def test_a_version_without_a_signature_is_pointed_to_without_one(s3, artifact):
    store = ModelStore(s3, "models", "sessions")
    assert store.publish(artifact) == store.signed_pointer(artifact.manifest.version)


def test_a_signature_of_a_former_key_holds_while_that_key_is_trusted(s3, kms, artifact):
    old, new = kms.create(), kms.create()
    pointer = signing_store(s3, kms, old).publish(artifact)
    both = {"model_store": new["model_store"] | {"public_keys": _keys(new) + _keys(old)}}
    assert signing_store(s3, kms, both).publish(artifact) == pointer
    again = signing_store(s3, kms, new).publish(artifact)
    assert again != pointer
    # The release before still names the former signature, and finds it.
    assert ModelStore(s3, "models", "sessions").artifact(pointer).signature != _signature(s3, again)


def _keys(outputs):
    return outputs["model_store"]["public_keys"]


def _signature(s3, pointer):
    return ModelStore(s3, "models", "sessions").artifact(pointer).signature


def test_an_unsigned_version_is_signed_on_its_way_into_a_release(s3, kms, artifact):
    unsigned = ModelStore(s3, "models", "sessions").publish(artifact)
    assert unsigned.signature_version_id is None
    made = kms.create()
    signed = signing_store(s3, kms, made).sign(unsigned)
    assert verify(signing_store(s3, kms, made).artifact(signed), signature=signing.public_keys(made).check)


def test_junk_in_the_place_of_the_signature_is_replaced(s3, kms, artifact):
    s3.put_object(Bucket="models", Key=SIGNATURE, Body=b"junk")
    made = kms.create()
    store = signing_store(s3, kms, made)
    assert signing.public_keys(made).check(store.artifact(store.publish(artifact)))


def test_a_pinned_signature_that_is_gone_counts_as_none(s3, kms, artifact):
    made = kms.create()
    store = signing_store(s3, kms, made)
    pointer = store.publish(artifact)
    s3.delete_object(Bucket="models", Key=SIGNATURE, VersionId=pointer.signature_version_id)
    stored = store.artifact(pointer)
    assert verify(stored)
    with pytest.raises(ArtifactRefused, match=r"signature check: .* found none"):
        verify(stored, signature=signing.public_keys(made).check)


def test_an_overwritten_signature_does_not_count(s3, kms, artifact):
    store = signing_store(s3, kms, kms.create())
    pointer = store.publish(artifact)
    good = store.artifact(pointer).signature
    s3.put_object(Bucket="models", Key=SIGNATURE, Body=b"junk")
    assert store.artifact(pointer).signature == good


def test_a_key_that_the_scorer_does_not_trust_signs_nothing(s3, kms, artifact):
    made, other = kms.create(), kms.create()
    wrong = {"model_store": made["model_store"] | {"public_keys": _keys(other)}}
    with pytest.raises(UserError, match=r"a signature that the scorer trusts, arn:.* deploy the stack again"):
        signing_store(s3, kms, wrong).publish(artifact)
    assert signatures(s3) == []


def test_an_error_of_kms_stays_one(s3, kms, artifact):
    made = kms.create()
    kms.disabled = True
    with pytest.raises(ClientError, match="DisabledException"):
        signing_store(s3, kms, made).publish(artifact)


@pytest.mark.parametrize("off", [{}, {"public_keys": []}, {"public_keys": None}])
def test_where_signing_is_off_there_is_neither_signer_nor_key(off):
    made = {"model_store": {"bucket": "models"} | off}
    assert signing.public_keys(made) is None
    assert signing.signer(made, lambda: pytest.fail("a client was made")) is None


def test_the_state_is_told_in_one_phrase():
    artifact, key, other = artifacts.artifact(), FakeKey(3), FakeKey(4)
    keys = PublicKeys.read(key.base64)

    def state(signature, keys):
        return signing.state(artifacts.Artifact(artifact.manifest, artifact.model, signature), keys)

    message = artifact.manifest.to_bytes()
    assert state(None, None) == "unsigned"
    assert state(None, keys) == "unsigned, and would be refused"
    assert state(key.sign(message), None) == "signed, not checked: signing is off"
    assert state(key.sign(message), keys).startswith("signed by ")
    assert state(other.sign(message), keys) == "wrongly signed, and would be refused"
