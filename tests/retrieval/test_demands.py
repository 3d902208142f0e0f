from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.demands import SOFT, Demand, demands_of, holds_number
from retrieval.question import understand
from retrieval.text import strip_diacritics

NUMBER, MONEY, DATE, PERSON = Demand.NUMBER, Demand.MONEY, Demand.DATE, Demand.PERSON
PHONE, INSTRUMENT, THING = Demand.PHONE, Demand.INSTRUMENT_NUMBER, Demand.THING
DURATION, CLOCK, WEEKDAY = Demand.DURATION, Demand.CLOCK, Demand.WEEKDAY
PERCENT, ADDRESS, ARTICLE = Demand.PERCENT, Demand.ADDRESS, Demand.ARTICLE

ASKED = [
    ("Xã có bao nhiêu tổ công nghệ số cộng đồng?", {NUMBER, THING}),
    ("Nộp hồ sơ gồm mấy bước?", {NUMBER, THING}),
    ("Xã có bao nhiêu người?", {NUMBER, THING}),
    ("Tỉnh mới rộng bao nhiêu?", {NUMBER, THING}),
    ("Tỷ lệ hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?", {NUMBER, PERCENT}),
    ("Hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?", {NUMBER, PERCENT}),
    ("Lãi suất vay học nghề là bao nhiêu?", {PERCENT}),
    ("Tỷ lệ hồ sơ nộp trực tuyến là bao nhiêu?", {NUMBER}),
    ("Trụ sở Ủy ban nhân dân xã nằm ở đâu?", {ADDRESS}),
    ("Bộ phận một cửa ở đường nào?", {ADDRESS}),
    ("Địa chỉ của công an xã là gì?", {ADDRESS}),
    ("Nộp hồ sơ bằng đường nào?", set()),
    ("Nộp hồ sơ ở đâu?", set()),
    ("Điều mấy quy định về phạt?", {ARTICLE}),
    ("Quy định ở khoản nào?", {ARTICLE}),
    ("Nghị định quy định tại điều bao nhiêu?", {ARTICLE}),
    ("Điều kiện nào được hỗ trợ?", set()),
    ("Thẻ căn cước có giá trị mấy năm?", {DURATION}),
    ("Hồ sơ lưu bao nhiêu tháng?", {DURATION}),
    ("Mấy chú công an làm việc ở đâu?", set()),
    ("Mấy cô ở xã có giúp nộp hồ sơ không?", set()),
    ("Mấy bác lớn tuổi nộp hồ sơ thế nào?", set()),
    ("Mấy ông bà lớn tuổi nộp hồ sơ thế nào?", set()),
    ("Mấy anh chị ở tổ công nghệ số giúp gì?", set()),
    ("Mấy cháu học sinh làm căn cước thế nào?", set()),
    ("Cho tôi xin số điện thoại công an xã", {PHONE}),
    ("Đường dây nóng báo lừa đảo?", {PHONE}),
    ("Có cần số điện thoại chính chủ không?", set()),
    ("Số điện thoại đăng ký VNeID có cần chính chủ không?", set()),
    ("Đổi số điện thoại trên VNeID thế nào?", set()),
    ("Mất số điện thoại thì lấy lại tài khoản bằng cách nào?", set()),
    ("Đơn vị nào cấp thẻ căn cước?", set()),
    ("Đơn vị nào ký quyết định?", set()),
    ("Vị nào ký quyết định?", {PERSON}),
    ("Học phí lớp kỹ năng số là bao nhiêu?", {MONEY, THING}),
    ("Kinh phí mở lớp kỹ năng số là bao nhiêu?", {MONEY, THING}),
    ("Lệ phí cấp căn cước là bao nhiêu?", {MONEY, THING}),
    ("Phạt bao nhiêu tiền khi giả mạo trang web?", {MONEY, THING}),
    ("Làm căn cước có mất tiền không?", {MONEY}),
    ("Hạn chót nộp hồ sơ là ngày nào?", {DATE}),
    ("Khi nào nghị định có hiệu lực?", {DATE}),
    ("Giải quyết hồ sơ trong bao nhiêu ngày?", {DURATION}),
    ("Bao lâu thì có kết quả?", {DURATION}),
    ("Bộ phận một cửa mở cửa lúc mấy giờ?", {CLOCK}),
    ("Lớp học số mở vào sáng thứ mấy?", {WEEKDAY}),
    ("Hà Tĩnh đang đứng thứ mấy?", {NUMBER}),
    ("Muốn coi tỉnh mình đứng thứ mấy thì vào trang nào?", set()),
    ("Tiền nuôi mấy chỗ hỗ trợ lấy từ nguồn thường xuyên hay vốn đầu tư?", set()),
    ("Ban quản lý có được lập thêm mấy ban con không?", set()),
    ("Bị đòi lại tiền hỗ trợ thì doanh nghiệp có bao nhiêu ngày để nộp?", {DURATION}),
    ("Ứng dụng biết người dùng là ai bằng cách nào?", set()),
    ("Mức hỗ trợ học tiến sĩ ở Quảng Ninh?", {MONEY}),
    ("Lệ phí cấp hộ chiếu?", {MONEY, THING}),
    ("Mức hỗ trợ nhận ở đâu?", set()),
    ("Lệ phí được chuyển qua ngân hàng", set()),
    ("Có nộp tiền qua ngân hàng được không?", set()),
    ("Ai là chủ tịch Ủy ban nhân dân tỉnh?", {PERSON}),
    ("Phó giám đốc Sở Khoa học và Công nghệ là ai?", {PERSON}),
    ("Ai ký kế hoạch này?", {PERSON}),
    ("Số điện thoại báo lừa đảo là gì?", {PHONE}),
    ("Gọi số nào để báo lừa đảo?", {PHONE}),
    ("Tổng đài hỗ trợ dịch vụ công là số mấy?", {PHONE}),
    ("Số hiệu của nghị quyết về chuyển đổi số là gì?", {INSTRUMENT}),
    ("Nghị quyết về chuyển đổi số mang số nào?", {INSTRUMENT}),
    ("Tổ công nghệ số cộng đồng làm những gì?", set()),
    ("Nộp hồ sơ trực tuyến như thế nào?", set()),
]


@pytest.mark.parametrize(("question", "kinds"), ASKED)
def test_what_a_question_demands(question: str, kinds: set[Demand]) -> None:
    assert demands_of(question).kinds - SOFT == kinds
    assert demands_of(question.upper()).kinds - SOFT == kinds


@pytest.mark.parametrize(("question", "kinds"), ASKED)
def test_a_question_typed_without_diacritics_demands_the_same(question: str, kinds: set[Demand]) -> None:
    assert understand(strip_diacritics(question)).demands.kinds - SOFT == kinds


@pytest.mark.parametrize(
    ("question", "soft"),
    [
        ("Nộp hồ sơ ở đâu?", {Demand.PLACE}),
        ("Nộp hồ sơ tại cơ quan nào?", {Demand.PLACE}),
        ("Làm khai sinh cần giấy tờ gì?", {Demand.PAPERS}),
        ("Đi nộp hồ sơ mang theo những gì?", {Demand.PAPERS}),
        ("Lệ phí cấp hộ chiếu là bao nhiêu?", set()),
    ],
)
def test_a_place_and_papers_are_demanded_beside_what_decides(question: str, soft: set[Demand]) -> None:
    assert demands_of(question).kinds & SOFT == soft
    assert understand(strip_diacritics(question)).demands.kinds & SOFT == soft


GIVEN_OR_NOT = [
    ("Bao lâu phải rà soát một lần?", "Cổng được rà soát hằng năm.", True),
    ("Xã nhận hồ sơ từ thứ mấy?", "Nhận hồ sơ từ thứ hai đến sáng thứ bảy.", True),
    ("Xã nhận hồ sơ từ thứ mấy?", "Nhận hồ sơ trong 5 ngày làm việc.", False),
    ("Có bao nhiêu lớp?", "Đã mở 312 lớp.", True),
    ("Có bao nhiêu lớp?", "Đã mở ba lớp.", True),
    ("Có bao nhiêu lớp?", "Mở nhiều lớp.", False),
    ("Có bao nhiêu lớp?", "Năm 2024 mở nhiều lớp.", False),
    ("Tỷ lệ là bao nhiêu phần trăm?", "Đạt 45,5%.", True),
    ("Hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?", "Đạt 90 % hồ sơ.", True),
    ("Hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?", "Đạt chín mươi phần trăm.", True),
    ("Hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?", "Cả 177/177 xã đều đạt.", True),
    ("Hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?", "Có 45 hồ sơ.", False),
    ("Hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?", "Có 17/177 xã đạt.", False),
    ("Lãi suất là bao nhiêu?", "Lãi suất 6,6%/năm.", True),
    ("Lãi suất là bao nhiêu?", "Vay 50 triệu đồng.", False),
    ("Trụ sở xã nằm ở đâu?", "Trụ sở tại số 5 đường Trần Phú.", True),
    ("Trụ sở xã nằm ở đâu?", "Trụ sở đặt tại thôn Đông.", True),
    ("Trụ sở xã nằm ở đâu?", "Xã làm việc cả sáng thứ bảy.", False),
    ("Địa chỉ của cổng là gì?", "Mở https://example.org.", True),
    ("Điều mấy nói về phạt?", "Theo Điều 5 thì bị phạt.", True),
    ("Điều mấy nói về phạt?", "Bị phạt 5 triệu đồng.", False),
    ("Khoản nào nói về phạt?", "Theo khoản 2 thì bị phạt.", True),
    ("Thẻ có giá trị mấy năm?", "Thẻ có giá trị 10 năm.", True),
    ("Thẻ có giá trị mấy năm?", "Thẻ có giá trị mười năm.", True),
    ("Thẻ có giá trị mấy năm?", "Thẻ được cấp trong 7 ngày làm việc.", False),
    ("Thẻ có giá trị mấy năm?", "Thẻ được cấp từ năm 2024.", False),
    ("Lớp học mấy tháng?", "Lớp học 3 tháng.", True),
    ("Lớp học mấy tháng?", "Lớp học 30 phút mỗi tối.", False),
    ("Nhiệm kỳ mấy năm?", "Nhiệm kỳ 2021 - 2026.", True),
    ("Xã có bao nhiêu người?", "Xã có 4.512 người.", True),
    ("Xã có bao nhiêu người?", "Xã có 12 thôn.", False),
    ("Tỉnh mới rộng bao nhiêu cây số vuông?", "Tỉnh rộng 6.296,20 km2.", True),
    ("Tỉnh mới rộng bao nhiêu cây số vuông?", "Tỉnh có 129 xã.", False),
    ("Làm thẻ mấy ngày thì có?", "Trong 7 ngày làm việc.", True),
    ("Làm thẻ mấy ngày thì có?", "Thẻ cấp trước ngày 1/7/2024 vẫn dùng được.", False),
    ("Mấy giờ mở cửa?", "Từ 7 giờ 30.", True),
    ("Mấy giờ mở cửa?", "Mở cửa ngày 1/7/2025.", False),
    ("Vị nào ký nghị định?", "Thủ tướng Phạm Văn A ký ban hành.", True),
    ("Vị nào ký nghị định?", "Chính phủ ban hành nghị định.", False),
    ("Ai ký giấy khai sinh?", "Chủ tịch Ủy ban nhân dân xã ký giấy khai sinh.", True),
    ("Ai ký giấy phép?", "Giám đốc Sở quyết định cấp giấy phép.", True),
    ("Ai ký giấy phép?", "Giám đốc Sở dự họp. Người dân ký tên.", False),
    ("Ai ký giấy phép?", "Sở cấp giấy phép trong 7 ngày.", False),
    ("Ai phụ trách đăng ký khai sinh?", "Ủy ban nhân dân xã phụ trách đăng ký khai sinh.", True),
    ("Ai làm chữ ký số?", "Sở Khoa học và Công nghệ làm chữ ký số.", True),
    ("Kinh phí mở lớp là bao nhiêu?", "Kinh phí mở lớp là 120 triệu đồng.", True),
    ("Kinh phí mở lớp là bao nhiêu?", "Ngân sách cấp 2,5 tỷ.", True),
    ("Kinh phí mở lớp là bao nhiêu?", "Kinh phí cho 312 lớp do tỉnh cấp.", False),
    ("Học phí là bao nhiêu?", "Học phí 500.000đ một khóa.", True),
    ("Lệ phí là bao nhiêu?", "Miễn lệ phí.", True),
    ("Làm căn cước có mất tiền không?", "Không thu tiền.", True),
    ("Lệ phí là bao nhiêu?", "Lệ phí nộp qua ngân hàng.", False),
    ("Khi nào có hiệu lực?", "Có hiệu lực từ ngày 01/7/2026.", True),
    ("Khi nào có hiệu lực?", "Có hiệu lực từ 2026.", True),
    ("Khi nào có hiệu lực?", "Có hiệu lực.", False),
    ("Bao lâu có kết quả?", "Trong 03 ngày làm việc.", True),
    ("Bao lâu có kết quả?", "Trả kết quả tại xã.", False),
    ("Ai phụ trách lớp?", "Lớp do anh Nguyễn Văn An phụ trách.", True),
    ("Ai phụ trách lớp?", "Lớp do Sở Khoa học và Công nghệ phụ trách.", True),
    ("Ai phụ trách lớp?", "Lớp mở mỗi tối.", False),
    ("Ai viết bài này?", "Bài và ảnh: Trần Hoa", True),
    ("Số điện thoại báo lừa đảo?", "Gọi 156 hoặc 5656.", True),
    ("Số điện thoại báo lừa đảo?", "Gọi 1900 1234.", True),
    ("Số điện thoại báo lừa đảo?", "Gọi 0203 3 835 678.", True),
    ("Số điện thoại báo lừa đảo?", "Gọi công an xã, mở 312 lớp.", False),
    ("Số hiệu nghị quyết là gì?", "Nghị quyết số 57-NQ/TW.", True),
    ("Số hiệu nghị quyết là gì?", "Nghị quyết 193/2025/QH15.", True),
    ("Số hiệu nghị quyết là gì?", "Nghị quyết dài 57 trang.", False),
]


@pytest.mark.parametrize(("question", "text", "given"), GIVEN_OR_NOT)
def test_a_text_gives_what_is_demanded_or_not(question: str, text: str, given: bool) -> None:
    missing = demands_of(question).missing_from(text) - SOFT
    assert not missing - {THING} if given else missing


@pytest.mark.parametrize(("question", "text", "given"), GIVEN_OR_NOT)
def test_an_empty_text_gives_nothing_that_is_demanded(question: str, text: str, given: bool) -> None:
    demands = demands_of(question)
    assert demands.missing_from("") == demands.kinds
    assert demands.kinds


@pytest.mark.parametrize(
    ("question", "text", "answers"),
    [
        ("Học phí là bao nhiêu?", "Học phí là 120 nghìn đồng.", True),
        ("Học phí là bao nhiêu?", "Kinh phí mở lớp là 120 triệu đồng.", False),
        ("Kinh phí là bao nhiêu?", "Học phí là 120 nghìn đồng.", False),
        ("Kinh phí là bao nhiêu?", "Vốn là 120 triệu đồng.", True),
        ("Lương là bao nhiêu?", "Phạt 5 triệu đồng.", False),
        ("Phạt bao nhiêu tiền?", "Mức phạt là 5 triệu đồng.", True),
    ],
)
def test_one_kind_of_money_does_not_answer_for_another(question: str, text: str, answers: bool) -> None:
    assert (THING not in demands_of(question).missing_from(text)) is answers


def test_a_heading_may_say_what_is_paid_or_counted() -> None:
    assert demands_of("Học phí là bao nhiêu?").missing_from("120.000 đồng một tháng", "Học phí. ") == set()
    assert demands_of("Có bao nhiêu lớp?").missing_from("Đã mở 312.", "Lớp học ở xã. ") == set()
    assert demands_of("Có bao nhiêu lớp?").missing_from("Có 312 giáo viên.", "Trường học ở xã. ") == {THING}


@pytest.mark.parametrize(
    ("question", "text", "named"),
    [
        ("Giám đốc Sở là ai?", "Giám đốc Sở: bà Trần Thị Hoa.", True),
        ("Giám đốc Sở là ai?", "Theo ông Nguyễn Văn An, Giám đốc Sở, lớp đã mở.", True),
        ("Giám đốc Sở là ai?", "Phó Giám đốc Sở Nguyễn Văn An dự họp.", False),
        ("Giám đốc Sở là ai?", "phó giám đốc Sở Nguyễn Văn An dự họp.", False),
        ("Phó giám đốc Sở là ai?", "Phó Giám đốc Sở Nguyễn Văn An dự họp.", True),
        ("Phó giám đốc Sở là ai?", "Giám đốc Sở Nguyễn Văn An dự họp.", False),
        ("Bí thư Tỉnh ủy là ai?", "Chủ tịch tỉnh Phạm Văn Bình dự họp.", False),
        ("Bí thư Tỉnh ủy là ai?", "Bí thư Tỉnh ủy Phạm Văn Bình mở lớp.", True),
    ],
)
def test_the_holder_of_an_office_is_not_another_office_nor_its_deputy(question: str, text: str, named: bool) -> None:
    assert (PERSON not in demands_of(question).missing_from(text)) is named
    assert (PERSON not in understand(strip_diacritics(question)).demands.missing_from(text)) is named


@pytest.mark.parametrize(
    ("question", "text", "another"),
    [
        ("Nghị định 224/2026 nói gì?", "Nghị định 224/2026/NĐ-CP", False),
        ("nghi dinh 224/2026 noi gi", "Nghị định 224/2026/NĐ-CP", False),
        ("NĐ 224/2026 nói gì?", "Nghị định 224/2026/NĐ-CP", False),
        ("Nghị định 224/2026 nói gì?", "Nghị định 24/2026/NĐ-CP", True),
        ("Nghị quyết số 57 nói gì?", "Nghị quyết 57-NQ/TW", False),
        ("Nghị quyết 3 nói gì?", "Nghị quyết 03/NQ-CP", False),
        ("Nghị quyết 03 nói gì?", "Nghị quyết 3/NQ-CP", False),
        ("Nghị quyết 57 nói gì?", "Nghị quyết 157/NQ-HĐND", True),
        ("Nghị quyết 57 nói gì?", "Nghị quyết 571/NQ-HĐND", True),
        ("Điều 4 nghị định 13/2023 nói gì?", "Nghị định 13/2023. Điều 4. Giải thích", False),
        ("Điều 4 nghị định 13/2023 nói gì?", "Nghị định 13/2023. Điều 45. Giải thích", True),
        ("Kế hoạch mở bao nhiêu lớp?", "Kế hoạch mở 312 lớp.", False),
        ("Kế hoạch 1.000 lớp là gì?", "Tỉnh mở lớp.", False),
    ],
)
def test_an_instrument_named_by_its_number_is_not_another(question: str, text: str, another: bool) -> None:
    assert understand(question).demands.names_another(text) is another


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Có 312 lớp.", True),
        ("Có 1.473 lớp.", True),
        ("Đạt 45,5%.", True),
        ("Có ba lớp.", True),
        ("Gồm năm bước.", True),
        ("Mở lớp mỗi năm.", False),
        ("Mở nhiều lớp.", False),
        ("Mở lớp từ 2022 đến 2025.", False),
        ("Mở lớp ngày 20/11/2025.", False),
        ("Mở lớp ngày 20/11 và tháng 12.", False),
        ("Theo Quyết định số 131/QĐ-TTg mở nhiều lớp.", False),
        ("Theo Luật 24/2018/QH14 mở nhiều lớp.", False),
        ("Điều 5 khoản 2 nói về lớp.", False),
        ("", False),
    ],
)
def test_dates_and_names_of_instruments_are_no_amounts(text: str, holds: bool) -> None:
    assert holds_number(text) is holds


def test_a_number_that_the_question_gives_is_no_answer_to_how_many() -> None:
    demands = demands_of("57 xã có bao nhiêu lớp?")
    assert NUMBER in demands.missing_from("57 xã mở lớp.")
    assert NUMBER not in demands.missing_from("57 xã mở 312 lớp.")


@given(st.text(), st.text())
def test_any_text_can_be_asked_and_read(question: str, text: str) -> None:
    demands = demands_of(question)
    assert demands.missing_from(text) <= demands.kinds
    assert (THING in demands.kinds) == bool(demands.things)
    demands.names_another(text)
