# mypy: disable-error-code="mutable-override"
# SQLModel declares __tablename__ wider than the str that it wants.
"""People, their address books, and what belongs to a workspace."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Instant, Json, table_of


class PersonRow(SQLModel, table=True):
    """`Person`."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_tenant", "tenant"),)

    key: str = Field(primary_key=True)
    tenant: str
    name: str
    number: Any = Field(sa_type=Json, nullable=True)
    verified: bool
    timezone: str | None
    region: str | None
    date_order: str | None
    clock: str
    provider: str | None
    caller_id: str | None
    admitted: bool | None


class ContactRow(SQLModel, table=True):
    """`Contact`; `name_key` is the name without case."""

    __tablename__ = "contact"

    owner: str = Field(primary_key=True)
    name_key: str = Field(primary_key=True)
    name: str
    address: Any = Field(sa_type=Json, nullable=False)
    timezone: str | None


class PrefixRow(SQLModel, table=True):
    """A number range that an admin has let in."""

    __tablename__ = "allowed_prefix"

    tenant: str = Field(primary_key=True)
    prefix: str = Field(primary_key=True)


class DidRow(SQLModel, table=True):
    """`Did`; `key` is the number as text."""

    __tablename__ = "did"

    tenant: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    number: Any = Field(sa_type=Json, nullable=False)
    provider: str


class ForwardRow(SQLModel, table=True):
    """`Forward`; `key` is our number as text."""

    __tablename__ = "forward"
    __table_args__ = (Index("ix_forward_tenant", "tenant"),)

    key: str = Field(primary_key=True)
    tenant: str
    did: Any = Field(sa_type=Json, nullable=False)
    provider: str
    room: Any = Field(sa_type=Json, nullable=False)
    owner: str
    owner_name: str
    stages: Any = Field(sa_type=Json, nullable=False)
    voicemail: bool
    notify: Any = Field(sa_type=Json, nullable=True)
    created_at: datetime = Field(sa_type=Instant)


class BindingRow(SQLModel, table=True):
    """Which room hears about what. `did` is a number as text, or empty for every number."""

    __tablename__ = "binding"

    tenant: str = Field(primary_key=True)
    room_key: str = Field(primary_key=True)
    about: str = Field(primary_key=True)
    did: str = Field(primary_key=True)
    room: Any = Field(sa_type=Json, nullable=False)


PERSON = table_of(PersonRow)
CONTACT = table_of(ContactRow)
PREFIX = table_of(PrefixRow)
DID = table_of(DidRow)
FORWARD = table_of(ForwardRow)
BINDING = table_of(BindingRow)
