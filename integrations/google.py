"""The calls to Google: gspread's HTTP client at the address of the settings, paced, patient, with time-outs.

The one module that knows gspread. Its Spreadsheet objects are not used: they ask for the metadata again at every step.
"""

from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, TransportError
from google.oauth2.service_account import Credentials
from gspread.auth import DEFAULT_SCOPES
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient
from gspread.urls import DRIVE_FILES_API_V3_URL
from requests import exceptions

from integrations.google_wire import TIMEOUT, Passing, Patience, Refusal, pace_of, passing, unreachable
from models.settings import Settings
from models.words import _

SHEETS, DRIVE = "https://sheets.googleapis.com", "https://www.googleapis.com"
FILES = DRIVE_FILES_API_V3_URL


class Client(HTTPClient):
    """gspread's client at the address of the settings, paced, with time-outs, patient where a repetition is harmless.

    A call that fails in a way that may pass raises Passing, one that fails for good Refusal.
    """

    def __init__(self, settings: Settings, patience: Patience) -> None:
        super().__init__(auth=None, session=session_of(settings))  # type: ignore[arg-type]
        self.set_timeout(TIMEOUT)
        self.url, self.patience = settings.google_url, patience
        account = f"{settings.google_url} {settings.google_credentials}"
        self.paces = {kind: pace_of(account, kind, settings.google_per_minute) for kind in ("read", "write")}

    def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> requests.Response:
        """One call. What only reads, or sets what it names, is tried again by itself; what adds or writes cells is not."""
        if method.lower() == "post":
            return self.once(method, endpoint, *args, **kwargs)
        for failed in self.patience.attempts():
            try:
                return self.once(method, endpoint, *args, **kwargs)
            except Passing as fault:
                failed(fault)
        raise AssertionError

    def once(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> requests.Response:
        """One try. Raises Passing, Refusal, and Unreachable where the account is no good."""
        self.pace(method, endpoint)
        try:
            response = super().request(method, self.address(endpoint), *args, **kwargs)
        except (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema) as fault:
            raise unreachable(fault) from fault
        except TransportError as fault:
            raise Passing(_("连接中断"), down=True) from fault
        except requests.RequestException as fault:
            raise Passing(_("连接中断"), down=isinstance(fault, requests.ConnectionError)) from fault
        except GoogleAuthError as fault:
            raise unreachable(_("服务账号用不了：{reason}").format(reason=fault)) from fault
        except APIError as fault:
            raise meaning(fault) from fault
        if "text/html" in response.headers.get("Content-Type", ""):
            raise Passing(_("答复的是网页，可能要先登录网络"), down=True)
        return response

    def pace(self, method: str, endpoint: str) -> None:
        """Sheets counts reads and writes a minute; Drive's own limits are far away."""
        if endpoint.startswith(SHEETS):
            self.paces["read" if method.lower() == "get" else "write"].turn()

    def address(self, endpoint: str) -> str:
        if not self.url:
            return endpoint
        base = next(one for one in (SHEETS, DRIVE) if endpoint.startswith(one))
        return self.url + endpoint.removeprefix(base)


def session_of(settings: Settings) -> requests.Session:
    """What makes the requests: signed by the service account, or plain where another address stands in for Google."""
    if settings.google_credentials is None:
        if not settings.google_url:
            raise unreachable(_("没有设 ZONGFEN_GOOGLE_CREDENTIALS"))
        return requests.Session()
    from google.auth.transport.requests import AuthorizedSession

    try:
        signed = Credentials.from_service_account_file(str(settings.google_credentials), scopes=DEFAULT_SCOPES)
    except (OSError, ValueError) as fault:
        raise unreachable(_("服务账号文件读不了：{path}").format(path=settings.google_credentials)) from fault
    return AuthorizedSession(signed, max_refresh_attempts=2)


def meaning(fault: APIError) -> Passing | Refusal:
    """What an error answer means for a repetition. Drive lists its reasons, Sheets gives a status."""
    response, listed = fault.response, fault.error.get("errors") or ()
    reasons = frozenset(str(one.get("reason")) for one in listed if isinstance(one, dict))
    text = " ".join(str(fault.error.get("message", "")).split())[:200]
    return passing(response.status_code, reasons, text, response.headers) or Refusal(response.status_code, text)
