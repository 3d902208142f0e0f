from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.readers import KNOWLEDGE
from retrieval.sources import news
from retrieval.sources.news import Cut, clean_article, is_article
from retrieval.text import normalise

# Articles as pages of many kinds give them: "+" before a line of the article, "-" before one of the page, "~" before
# one that only loses its end.
WRITTEN_FOR = {
    "trang xã": """
- Trang chủ › Tin tức › Chuyển đổi số
+ Xã Bình Sơn hỗ trợ bà con nộp hồ sơ trực tuyến
- Thứ Tư, 12/03/2025 | 08:15
- Cỡ chữ: A- A A+
- Chia sẻ
+ Từ đầu tháng 3, Tổ công nghệ số cộng đồng xã Bình Sơn đến từng thôn giúp bà con nộp hồ sơ trên mạng.
- to-cong-nghe-so.jpg
- Thành viên Tổ công nghệ số hướng dẫn người dân thôn Đông. Ảnh: Văn Nam
+ Theo thống kê của xã, đến hết tháng 2 đã có 412 hồ sơ được nộp trực tuyến, đạt 78,5% tổng số hồ sơ tiếp nhận.
+ Cách làm ở các thôn
+ Mỗi thôn bố trí hai thành viên trực vào tối thứ ba và tối thứ sáu tại nhà văn hóa. Bà con chỉ cần mang điện thoại.
+ Ông Lê Văn Sáu, Trưởng thôn Đông, cho biết: "Lúc đầu bà con ngại, nay nhiều người tự làm được ở nhà."
- Minh Tâm
- Các tin khác
- • Ra quân làm đường hoa thôn Tây
- • Lịch tiếp công dân tháng 3
- Lượt xem: 1.204
- Bản quyền thuộc Ủy ban nhân dân xã Bình Sơn
""",
    "báo tỉnh": """
- Kinh tế
+ Nông dân Phú Lộc bán hàng trên sàn thương mại điện tử
- Thu Hằng - Đức Anh
- 09:30 | 05/06/2024
+ Hơn 300 hộ nông dân ở huyện Phú Lộc đã mở gian hàng trên các sàn thương mại điện tử sau hai năm triển khai đề án.
- >>> Xem thêm: Chợ phiên số lần đầu tổ chức tại Phú Lộc
+ Nhờ livestream bán cam, doanh thu của hợp tác xã Hương Giang tăng 40% so với cùng kỳ năm trước.
~ Bà Trần Thị Mơ đóng gói cam để giao cho khách. Mỗi ngày hợp tác xã gửi đi khoảng 200 đơn.| Ảnh: Thu Hằng.
+ Theo Phòng Nông nghiệp huyện, mục tiêu đến năm 2026 là 60% sản phẩm OCOP có mặt trên sàn.
+ "Chúng tôi được tập huấn ba buổi, từ chụp hình đến viết lời giới thiệu", chị Mơ kể.
- Tags: thương mại điện tử, nông dân, Phú Lộc
- Ý kiến bạn đọc (0)
- Gửi bình luận
- Tin liên quan
- Phú Lộc công bố 12 sản phẩm OCOP mới
- Giá cam đầu vụ tăng nhẹ
- Đọc nhiều
- Thời tiết ngày mai
""",
    "thông tấn": """
+ Ra mắt nền tảng học kỹ năng số cho người cao tuổi
+ Sáng 20/11, tại Hà Nội, Trung ương Hội Người cao tuổi ra mắt nền tảng học kỹ năng số cho hội viên.
- (Ảnh minh họa)
+ Nền tảng gồm 24 bài học ngắn, mỗi bài không quá 5 phút, có phụ đề cỡ lớn và giọng đọc chậm.
+ Hội viên đăng nhập bằng số điện thoại, học xong mỗi phần được cấp một huy hiệu điện tử.
+ Các lớp học trực tiếp sẽ mở thêm ở 34 tỉnh, thành phố trong quý I năm sau.
- TTXVN
""",
    "loạt bài": """
- (Tiếp theo kỳ trước)
+ Bài 2: Khi mỗi người dân là một công dân số
+ Sau hai năm, câu chuyện phổ cập kỹ năng số ở vùng cao đã có nhiều đổi khác, dù sóng ở vài bản vẫn chập chờn.
+ Lớp học ban đêm
+ Cứ tối thứ bảy, nhà văn hóa bản Nà Lừa lại sáng đèn. Bà con ngồi quanh máy chiếu học cách quét mã.
+ Thầy giáo Vàng A Chua là bộ đội biên phòng, mỗi tuần đi 15 cây số vào bản dạy học.
+ Những con số biết nói
+ Đến nay bản có 96 trong 110 hộ dùng điện thoại thông minh, 71 hộ có tài khoản thanh toán điện tử.
- (Còn nữa)
+ Bài, ảnh: Hoàng Long
""",
    "hướng dẫn": """
- Công nghệ
+ Năm bước bật xác thực hai lớp cho tài khoản Zalo
- Hoàng Lan 15/09/2025 07:45
+ Xác thực hai lớp giúp kẻ xấu không vào được tài khoản dù đã biết mật khẩu, bà con nên bật ngay hôm nay.
+ Cài đặt > Tài khoản và bảo mật > Bảo mật 2 lớp
+ Mở ứng dụng, vào đúng mục trên rồi đặt một mã gồm bốn chữ số mà chỉ mình biết, tránh dùng ngày sinh.
+ Có thể nhận cảnh báo qua các kênh:
+ Zalo
+ Facebook
+ - Trang chủ
+ Từ khóa được tìm nhiều nhất là bảo mật.
+ Giấy tờ cần có khi khóa tài khoản:
+ Ảnh: 02 tấm cỡ 4x6
+ Xem lại video: cách đặt mã khóa
+ Nếu lỡ quên mã, bà con ra điểm hỗ trợ gần nhất, mang theo căn cước để được giúp đặt lại trong ngày.
- Màn hình đặt mã khóa hai lớp (Ảnh: Hoàng Lan)
+ Hết ba lần sai, tài khoản tạm khóa.
- (Theo Báo Sức trẻ)
""",
}
# Written apart from the patterns.
HELD_OUT = {
    "trang phường": """
- Trang chủ / Tin hoạt động / Cải cách hành chính
+ Bộ phận Một cửa phường Cẩm Sơn phục vụ cả sáng thứ bảy
- Ngày đăng: 18/08/2025 - Lượt xem: 356
- In bài viết
- Gửi email
+ Từ ngày 1/9, Bộ phận Một cửa phường Cẩm Sơn tiếp nhận hồ sơ vào sáng thứ bảy hằng tuần, từ 7 giờ 30 đến 11 giờ 30.
+ Việc làm thêm nhằm giúp công nhân các khu công nghiệp không phải nghỉ việc để đi làm thủ tục.
- z5678123.png
- Cán bộ phường hướng dẫn công dân lấy số thứ tự tự động.
+ Trong hai tuần thí điểm, phường tiếp nhận 164 hồ sơ, chủ yếu là hộ tịch và chứng thực.
+ Địa chỉ: số 12 đường Hòa Bình, phường Cẩm Sơn
+ Điện thoại: 0203 999 888
+ Bà con có thể đặt lịch trước qua kênh Zalo của phường để không phải chờ.
- Tổng số điểm của bài viết là: 0 trong 0 đánh giá
- Click để đánh giá bài viết
- Những tin mới hơn
- Khai giảng lớp tập huấn AI cho cán bộ phường
- Những tin cũ hơn
- Phát động tháng cao điểm kích hoạt định danh mức 2
""",
    "báo điện tử": """
- Công nghệ › Chuyển đổi số
- Thứ hai, 7/4/2025, 14:02 (GMT+7)
+ Thành phố thí điểm trợ lý ảo trả lời thủ tục hành chính
+ Trợ lý ảo trả lời câu hỏi của người dân 24/7, dựa trên hơn 1.800 thủ tục đã được rà soát.
+ Theo Sở Khoa học và Công nghệ, trong tháng đầu trợ lý ảo nhận hơn 21.000 lượt hỏi, nhiều nhất là về đất đai.
- Giao diện trợ lý ảo trên điện thoại. Ảnh: Lưu Quý
+ Người dân hỏi bằng chữ hoặc giọng nói. Câu trả lời kèm đường dẫn tới thủ tục trên Cổng Dịch vụ công.
+ Đại diện sở nói trợ lý ảo không thay cán bộ mà giúp người dân chuẩn bị giấy tờ đúng ngay từ đầu.
+ Dự kiến cuối năm, hệ thống có thêm tiếng Khmer và tiếng Anh.
- Lưu Quý
- Trở lại Công nghệ
- Chia sẻ
- Copy link
- Xem thêm
- Ba việc cần làm khi mất điện thoại
- Mạng 5G phủ thêm 40 xã
""",
    "đài": """
+ Hội thi tuyên truyền viên chuyển đổi số huyện Ba Tơ năm 2024
- Cập nhật lúc 16:45, Thứ Sáu, 18/10/2024 (GMT+7)
- [Video] Hội thi tuyên truyền viên
+ (Đài PTTH) - Chiều 18/10, huyện Ba Tơ tổ chức chung kết hội thi với sự tham gia của 8 đội đến từ các xã, thị trấn.
+ Các đội trải qua ba phần thi gồm chào hỏi, kiến thức và xử lý tình huống.
+ Kết quả:
+ - Giải nhất: đội xã Ba Vì
+ - Giải nhì: đội thị trấn Ba Tơ
+ - Giải ba: đội xã Ba Điền
+ Ban tổ chức cũng trao giải cho tiểu phẩm hay nhất về phòng chống lừa đảo qua mạng.
- Ảnh: Ban tổ chức trao giải cho các đội. (Ảnh: Kim Ngân)
+ PV: Kim Ngân
- Từ khóa: hội thi, chuyển đổi số
""",
    "phóng sự": """
+ Người giữ nhịp số ở làng chài
- ĐOÀN XÁ
+ QTO - Ở tuổi 62, ông Đoàn Xá vẫn đều đặn mỗi sáng mở nhóm Zalo của làng để báo tin thời tiết cho các tàu.
+ Ba năm trước, cả làng chỉ có bốn người biết dùng bản đồ số; nay gần như tàu nào cũng có thiết bị giám sát hành trình.
- Ông Đoàn Xá bên chiếc máy bộ đàm cũ - Ảnh: T.N
+ Nhờ nhật ký khai thác điện tử, thời gian làm thủ tục cập cảng giảm từ hai giờ xuống còn 20 phút.
+ Con trai ông mở lớp dạy bà con bán cá khô qua mạng, mỗi tháng vài chục đơn.
+ Ông bảo, biển vẫn là biển, chỉ có cách đi biển là đã khác.
- Trần Ngọc
- TIN LIÊN QUAN
- Cảng cá đầu tiên dùng nhật ký điện tử
- » Hỗ trợ ngư dân lắp thiết bị giám sát
""",
    "tin hoạt động": """
- Hoạt động của Ủy ban
+ Họp Ban Chỉ đạo chuyển đổi số quý II năm 2025
- 27/06/2025
+ Chiều 26/6, Chủ tịch Ủy ban nhân dân tỉnh chủ trì phiên họp đánh giá tiến độ 42 nhiệm vụ chuyển đổi số.
+ Báo cáo tại phiên họp, Sở Khoa học và Công nghệ cho biết 35 nhiệm vụ đã hoàn thành và 2 nhiệm vụ chậm.
+ Chủ tịch yêu cầu các sở, ngành hoàn thành số hóa kết quả giải quyết thủ tục trước ngày 30/9.
+ Toàn cảnh phiên họp đã được truyền trực tuyến tới 124 điểm cầu cấp xã.
- Nguyễn Thị Hoa
- Văn phòng UBND tỉnh
""",
    "vùng cao": """
- Trang chủ > Xã hội
+ Sóng về bản Huổi Luông
- 10:05 21/02/2025
+ Trạm phát sóng mới đưa mạng 4G về bản Huổi Luông từ trước Tết, để 87 hộ lần đầu gọi video cho con ở xa.
+ Chuyện của Giàng A Páo
+ Páo là người đầu tiên trong bản đăng ký tài khoản định danh mức 2. Anh phải đi bộ bốn tiếng ra xã.
- Anh Páo chỉ cho vợ cách quét mã để trả tiền điện. Ảnh: Lò Thị Mai
+ Nay cán bộ công an xã mang máy vào tận bản, mỗi tháng một lần, làm luôn cho người già và trẻ nhỏ.
+ Hà Nội, tháng 2
+ Dự án phủ sóng vùng lõm của Bộ đặt mục tiêu hết năm 2025 không còn bản nào trắng sóng.
+ Khi có sóng, giá ngô, giá trâu cũng được báo lên nhóm Zalo của bản mỗi sáng.
- Lò Thị Mai
- Bình luận (3)
- Bài viết cùng chủ đề
- Hai năm phủ sóng vùng lõm
- » Lớp học trực tuyến đầu tiên ở Nậm Pồ
""",
    "báo trẻ": """
+ Sinh viên tình nguyện dạy AI cho tiểu thương chợ Bến Thành
- Theo dõi Báo Người Trẻ trên Google News
- Chủ nhật, 06/07/2025 19:30
+ Trong ba cuối tuần, 60 sinh viên hướng dẫn gần 200 tiểu thương dịch bảng giá bằng AI.
- [IMG_0091.JPG]
- IMG_0092.JPG
+ Chị Ngô Thị Hạnh, bán vải hơn 20 năm, nói chị thích nhất phần dịch tiếng Hàn vì khách đoàn hỏi liên tục.
+ Nguyễn Minh Khoa, trưởng nhóm tình nguyện, cho biết:
+ "Tụi em soạn sẵn mẫu câu lệnh để các cô chú chỉ cần đổi tên món hàng là dùng được."
+ Ba lưu ý khi dùng AI
+ 1. Không đưa số căn cước, số tài khoản của khách vào công cụ.
+ 2. Đọc lại giá tiền trước khi gửi.
+ 3. Hỏi lại người bán hàng khi thấy câu trả lời lạ.
+ Đợt hai của chương trình dự kiến mở ở chợ Bình Tây vào tháng 8, ưu tiên tiểu thương trên 50 tuổi.
- #AI #tieuthuong #sinhvien
- Xem thêm:
- Khóa học AI miễn phí cho giáo viên
""",
    "trang sở": """
+ Tập huấn bảo vệ dữ liệu cá nhân cho cán bộ cấp xã
- Người đăng: Nguyễn Thị Thu Ngày đăng: 14/11/2025
+ Ngày 13/11, Sở Tư pháp phối hợp với Công an tỉnh tập huấn về dữ liệu cá nhân cho 248 cán bộ xã, phường.
+ Lớp học giới thiệu các quyền của chủ thể dữ liệu, cách xin sự đồng ý và cách báo cáo khi lộ dữ liệu.
+ Theo Công an tỉnh, từ đầu năm đã xử lý 17 vụ mua bán dữ liệu cá nhân trên mạng.
+ Các học viên thực hành che số căn cước trên bản chụp trước khi đăng kết quả công khai.
+ Tài liệu tập huấn được đăng tại mục Văn bản - Tài liệu của trang thông tin.
- Phòng Phổ biến, giáo dục pháp luật
- Tổng lượt truy cập: 1.234.567
- Đang online: 12
""",
}
NOT_ARTICLES = (
    """ỦY BAN NHÂN DÂN
TỈNH A
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Số: 12/KH-UBND
Tỉnh A, ngày 5 tháng 6 năm 2024
KẾ HOẠCH
Phổ cập kỹ năng số năm 2024
Căn cứ Quyết định số 146/QĐ-TTg ngày 28/01/2022 của Thủ tướng Chính phủ, Ủy ban nhân dân tỉnh ban hành kế hoạch như sau.
Các sở, ngành tổ chức tập huấn cho toàn bộ cán bộ, công chức trong quý III, báo cáo kết quả trước ngày 30 tháng 9.
Sở Thông tin và Truyền thông chủ trì, phối hợp với các địa phương theo dõi, đôn đốc việc thực hiện kế hoạch này.
Nơi nhận:
- Như trên;
Nguyễn Văn A
""",
    """Trình tự thực hiện
Người yêu cầu nộp hồ sơ tại Bộ phận Một cửa hoặc nộp trực tuyến trên Cổng Dịch vụ công quốc gia theo hướng dẫn.
Thành phần hồ sơ
Tờ khai theo mẫu, giấy tờ tùy thân của người yêu cầu và các giấy tờ khác có liên quan theo quy định hiện hành.
Lệ phí
Không thu lệ phí đối với trường hợp nộp hồ sơ đúng hạn và thuộc diện được miễn theo quy định của pháp luật.
""",
    """Hỏi: Làm căn cước mất bao lâu?
Đáp: Thời hạn là bảy ngày làm việc kể từ ngày cơ quan công an nhận đủ hồ sơ hợp lệ của người dân.
Hỏi: Có phải về nơi thường trú không?
Đáp: Không, bà con đến cơ quan công an nơi thường trú hoặc nơi tạm trú đều được tiếp nhận hồ sơ như nhau.
Hỏi: Lệ phí bao nhiêu?
Đáp: Cấp lần đầu không mất phí, cấp đổi và cấp lại thì thu theo mức quy định của Bộ Tài chính.
""",
)
PROSE = (
    "Ủy ban nhân dân xã mở lớp học kỹ năng số cho bà con vào mỗi tối thứ bảy tại nhà văn hóa thôn.",
    "Sau ba tháng, hơn hai trăm người đã tự nộp được hồ sơ trên mạng mà không cần ai làm thay.",
    "Xã dự kiến mở thêm lớp cho người cao tuổi trước Tết và mời sinh viên tình nguyện về cùng dạy.",
)


def marked(article: str) -> list[tuple[str, str]]:
    return [(line[0], line[2:]) for line in article.strip("\n").split("\n")]


def lines_left(article: str, between: str) -> tuple[list[str], list[str]]:
    """Lines of the page that are still there, and lines of the article that are not."""
    rows = marked(article)
    left = clean_article(between.join(line for _, line in rows)).text.split("\n")
    noise = [line for mark, line in rows if mark == "-" and line in left]
    return noise, [line for mark, line in rows if mark == "+" and line not in left]


BOTH = pytest.mark.parametrize("between", ["\n", "\n\n"])


@BOTH
@pytest.mark.parametrize("article", WRITTEN_FOR.values(), ids=WRITTEN_FOR.keys())
def test_lines_of_the_page_go_and_lines_of_the_article_stay(article: str, between: str) -> None:
    assert lines_left(article, between) == ([], [])


@BOTH
@pytest.mark.parametrize("article", HELD_OUT.values(), ids=HELD_OUT.keys())
def test_no_line_goes_from_an_article_of_another_kind(article: str, between: str) -> None:
    assert lines_left(article, between)[1] == []


def test_most_lines_of_pages_of_another_kind_go() -> None:
    kept = [line for article in HELD_OUT.values() for line in lines_left(article, "\n\n")[0]]
    total = sum(mark == "-" for article in HELD_OUT.values() for mark, _ in marked(article))
    assert len(kept) <= 0.15 * total, kept


@BOTH
@pytest.mark.parametrize("article", [*WRITTEN_FOR.values(), *HELD_OUT.values()], ids=[*WRITTEN_FOR, *HELD_OUT])
def test_articles_are_known_as_such(article: str, between: str) -> None:
    assert is_article(between.join(line for _, line in marked(article)))


@pytest.mark.parametrize("text", NOT_ARTICLES)
def test_official_texts_procedures_and_answers_are_no_articles(text: str) -> None:
    assert not is_article(text)


def test_prose_without_a_trace_of_a_page_is_not_surely_an_article() -> None:
    assert not is_article("\n".join(PROSE))
    assert is_article("\n".join((*PROSE, "N.T")))
    assert not is_article("\n".join((*PROSE * 800, "N.T")))


def test_a_caption_of_one_sentence_goes_and_a_longer_one_loses_its_credit() -> None:
    caption = "Bà con tập quét mã. Lớp học có hai mươi người. Ảnh: Lan Anh."
    cleaned = clean_article("\n".join((*PROSE, "Bà con tập quét mã. Ảnh: Lan Anh.", caption, PROSE[0])))
    assert cleaned.text == "\n".join((*PROSE, "Bà con tập quét mã. Lớp học có hai mươi người.", PROSE[0]))
    assert cleaned.cuts == (
        Cut(4, "Bà con tập quét mã. Ảnh: Lan Anh.", news.CAPTION),
        Cut(5, "Ảnh: Lan Anh.", news.CREDIT),
    )
    assert str(cleaned.cuts[1]) == "dòng 5: đã bỏ tên người chụp hình: «Ảnh: Lan Anh.»"


@pytest.mark.parametrize(
    "credit",
    ["Ảnh: VGP", "(Ảnh minh họa)", "(Ảnh: Thu Hà)", "(ảnh: tư liệu).", "Ảnh minh họa", "- Nguồn ảnh: VOV", "Ảnh: T.N."],
)  # fmt: skip
def test_credits_are_known_in_many_forms(credit: str) -> None:
    assert clean_article("\n".join((PROSE[0], f"Quang cảnh lớp học. {credit}", PROSE[1]))).text == "\n".join(PROSE[:2])


@pytest.mark.parametrize(
    "line",
    [
        "Ảnh: 02 tấm cỡ 4x6",
        "Hồ sơ gồm đơn, bản sao giấy tờ, ảnh: chân dung",
        "Xem thêm: Điều 5 của quy chế",
        "Nguồn: Cổng thông tin của xã",
        "Bài, ảnh: Lan Anh",
        "Tác giả: Lan Anh",
        "Điện thoại: 0203 999 888",
        "Hết hạn thì làm lại từ đầu.",
        "Các tin nhắn lạ thì không trả lời.",
        "Khai mạc lúc 8h00 ngày 10/5/2024",
    ],
)
def test_lines_that_only_look_like_noise_stay(line: str) -> None:
    text = "\n".join((*PROSE, line, *PROSE))
    assert clean_article(text).text == text


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ("Lan Anh 27/07/2025 11:51", "2025-07-27"),
        ("Thứ Tư, 12/03/2025 | 08:15", "2025-03-12"),
        ("Cập nhật lúc 16:45, Thứ Sáu, 18/10/2024 (GMT+7)", "2024-10-18"),
        ("Ngày đăng: 18-08-2025 - Lượt xem: 356", "2025-08-18"),
        ("31/02/2025 10:00", None),
    ],
)
def test_the_day_on_which_the_page_came_out_is_told(stamp: str, day: str | None) -> None:
    cleaned = clean_article("\n".join(("Lớp học kỹ năng số về thôn", stamp, *PROSE)))
    assert cleaned.published == day
    assert stamp not in cleaned.text


def test_a_rubric_goes_only_above_a_title_with_a_day_below() -> None:
    head = ("Xã hội", "Lớp học kỹ năng số về thôn")
    assert clean_article("\n".join((*head, "10/05/2024 08:00", *PROSE))).text == "\n".join((head[1], *PROSE))
    assert clean_article("\n".join((*head, *PROSE))).text == "\n".join((*head, *PROSE))


def test_a_list_of_names_is_no_byline() -> None:
    text = "\n".join((*PROSE, "Các xã tham gia.", "Bình Sơn", "Đông Hải", "Tây Hồ"))
    assert clean_article(text).text == text


PIECES = (*PROSE, *(line for article in (*WRITTEN_FOR.values(), *HELD_OUT.values()) for _, line in marked(article)), "")


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_nothing_is_written_anew_and_paragraphs_stay(lines: list[str]) -> None:
    cleaned = clean_article("\n".join(lines))
    rest = iter(lines or [""])
    for line in cleaned.text.split("\n"):
        assert any(each.startswith(line) for each in rest)
    assert all(line in cleaned.text for line in lines if line in PROSE)
    assert bool(cleaned.cuts) == (cleaned.text != "\n".join(lines))


@given(st.text())
def test_any_text_is_read_without_failing(text: str) -> None:
    clean_article(text)
    is_article(text)


@pytest.mark.parametrize(
    "piece", ["a", "\n", ".", "#a ", "a > b ", "a.jpg\n", "Ảnh: ", "1/1/2020 10:10\n", "Lê An\n", "Tin khác\n"]
)
def test_a_long_text_of_one_kind_is_read_to_its_end(piece: str) -> None:
    text = piece * (200_000 // len(piece)) + "\n" + PROSE[0]
    assert clean_article(text).text.endswith(PROSE[0])
    assert not is_article(text)


# --- the five articles beside the project ---

# Lines of each page that are not its article's; two captions without any mark are among them, and stay.
NOISE = {"000": 1, "001": 16, "002": 2, "003": 2, "004": 9}


@pytest.fixture(scope="module")
def seeds(shared: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted((shared / "seeds").glob("*.txt"))}


def test_the_seeds_are_articles_and_lose_their_noise(seeds: dict[str, str]) -> None:
    cleaned = {name[:3]: clean_article(text) for name, text in seeds.items()}
    assert all(map(is_article, seeds.values()))
    whole = {name: sum(cut.why != news.CREDIT for cut in each.cuts) for name, each in cleaned.items()}
    assert whole == {**NOISE, "002": 1, "003": 1}
    assert cleaned["004"].published == "2025-07-27"


def test_what_questions_on_the_seeds_are_answered_by_still_stands(seeds: dict[str, str], shared: Path) -> None:
    rows = (shared / "eval" / "seed_questions.jsonl").read_text(encoding="utf-8").splitlines()
    evidence = {piece for row in map(json.loads, rows) for piece in str(row["evidence"] or "").split(" || ") if piece}
    for text in (*seeds.values(), *map(normalise, seeds.values())):
        stood = {piece for piece in evidence if piece in text}
        assert stood
        assert {piece for piece in stood if piece not in clean_article(text).text} == set()


def test_what_the_assistant_knows_is_no_news() -> None:
    files = [file for folder in KNOWLEDGE for file in folder.glob("*.md")]
    assert files
    assert [file.name for file in files if is_article(file.read_text(encoding="utf-8"))] == []
