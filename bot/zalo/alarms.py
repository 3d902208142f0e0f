"""What an operator must know: one row for each kind of trouble, how often, since when, and what to do."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bot.zalo.database import Database
from bot.zalo.pace import Clock

log = logging.getLogger(__name__)
SCHEMA = """
CREATE TABLE IF NOT EXISTS alarms (
    name TEXT PRIMARY KEY, detail TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    count INTEGER NOT NULL);
"""
_AGAIN_AFTER_MS = 60_000
CONSENT_ADVICE = "Cần cấp quyền lại"
ADVICE = {
    "token_missing": "Chưa có quyền gửi tin. Cần cấp quyền.",
    "token_refused": f"Zalo không nhận token nữa. {CONSENT_ADVICE}.",
    "token_interrupted": f"Lần đổi token trước bị ngắt giữa chừng, token có thể đã mất. {CONSENT_ADVICE}.",
    "token_unreadable": "Không giải mã được token: ZALO_TOKEN_KEY hoặc tệp var/zalo.key đã đổi. Đặt lại khóa cũ, "
    "hoặc cấp quyền lại.",
    "token_unreachable": "Không gọi được máy chủ cấp quyền của Zalo. Kiểm tra đường mạng ra oauth.zaloapp.com.",
    "token_failed": "Zalo từ chối đổi token lần này; máy sẽ thử lại. Nếu còn lặp lại, cấp quyền lại.",
    "quota": "OA hết hạn mức hoặc hết tiền nên đã tạm dừng gửi. Nạp thêm trong trang quản lý OA; máy tự thử lại.",
    "rate": "Vượt số tin mỗi phút. Giảm ZALO_RATE_PER_MINUTE cho hợp với gói OA.",
    "setup": "Zalo không cho OA hay ứng dụng này gửi tin. Xem ý nghĩa của mã lỗi trong docs/zalo.md.",
    "request": "Zalo không nhận một tin nhắn. Báo cho người phụ trách phần mềm kèm mã lỗi.",
    "buttons": "Zalo không nhận tin có nút bấm; tin được gửi không có nút. Báo người phụ trách phần mềm.",
    "transient": "Zalo báo lỗi nhiều lần liền nên một tin không gửi được. Thường tự hết; kéo dài thì xem trang "
    "thông báo của Zalo.",
    "unreachable": "Không gọi được máy chủ Zalo. Kiểm tra đường mạng ra openapi.zalo.me; máy tự thử lại.",
    "unknown": "Có tin không rõ đã tới hay chưa (mạng ngắt giữa chừng). Máy không gửi lại để tránh gửi hai lần.",
    "erase": "Chưa xóa được dữ liệu của một người đã yêu cầu. Máy tự thử lại; kiểm tra Rasa có đang chạy không.",
    "failed": "Một tin nhắn làm phần mềm lỗi nhiều lần nên đã bị bỏ qua. Báo người phụ trách kèm nhật ký var/app.log.",
    "signature": "Có tin đến sai chữ ký. Nếu tin thật cũng bị từ chối: kiểm tra ZALO_OA_SECRET (khác khóa ứng dụng).",
    "clock": "Đồng hồ của máy lệch với Zalo, nên câu hỏi có thể bị coi là cũ. Bật tự chỉnh giờ (NTP) trên máy này.",
    "foreign": "Có tin của OA hay ứng dụng khác. Kiểm tra ZALO_APP_ID và ZALO_OA_ID.",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One kind of trouble. `detail` is a code, never what people write."""

    name: str
    detail: str
    first_ms: int
    last_ms: int
    count: int

    @property
    def advice(self) -> str:
        """What to do, for the operator."""
        return ADVICE[self.name]


class Alarms:
    """The alarms of the door, kept over restarts until they are cleared or a week old."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._noted: dict[str, int] = {}

    async def note(self, name: str, detail: str = "") -> None:
        """Count one more, and tell the log. At most one write a minute for each, because strangers can cause some."""
        now = self._clock()
        if 0 <= now - self._noted.get(name + detail, -_AGAIN_AFTER_MS) < _AGAIN_AFTER_MS:
            return
        if len(self._noted) > 1000:
            self._noted.clear()
        self._noted[name + detail] = now
        log.warning("zalo: %s %s", name, detail)
        await self._database.run(self._write, name, detail, now)

    def _write(self, name: str, detail: str, now: int) -> None:
        with self._database.transaction() as database:
            database.execute(
                "INSERT INTO alarms VALUES (?, ?, ?, ?, 1) ON CONFLICT (name) DO UPDATE SET "
                "detail = excluded.detail, last_ms = excluded.last_ms, count = count + 1",
                (name, detail, now, now),
            )

    async def clear(self, *names: str) -> None:
        """The trouble is over."""
        await self._database.run(self._delete, names)
        for known in [known for known in self._noted if known.startswith(names)]:
            del self._noted[known]

    def _delete(self, names: tuple[str, ...]) -> None:
        with self._database.transaction() as database:
            database.executemany("DELETE FROM alarms WHERE name = ?", [(name,) for name in names])

    async def all(self) -> list[Alarm]:
        """The latest first."""
        found = await self._database.run(self._database.rows, "SELECT * FROM alarms ORDER BY last_ms DESC")
        return [Alarm(**dict(row)) for row in found]

    async def purge(self, before_ms: int) -> None:
        """Forget what has not happened since."""
        await self._database.run(self._delete_before, before_ms)

    def _delete_before(self, before_ms: int) -> None:
        with self._database.transaction() as database:
            database.execute("DELETE FROM alarms WHERE last_ms < ?", (before_ms,))
