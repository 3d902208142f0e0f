# Trợ lý Chuyển đổi số. `make` alone lists the commands. PORT=, RASA_PORT= and every other setting can be given here.
.DEFAULT_GOAL := help
.PHONY: help setup dev embedder train index prepare run shell test check docs-list format learn eval knowledge bench peers scale zalo-sim bench-zalo bench-widget screens clean

PYTHON ?= python3
APP := .venv/app/bin/python
SETUP := $(PYTHON) requirements/install.py
KNOWLEDGE := --source data/documents --source data/procedures

help: ## các lệnh
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: ## cài hai môi trường vào .venv (lần đầu vài phút)
	@$(SETUP)

dev: ## như setup, thêm công cụ kiểm thử
	@$(SETUP) --dev

embedder: setup ## tạo mô hình mã hóa (một lần)
	@$(APP) -m bot embedder

index: embedder ## tạo chỉ mục; SOURCE=… thêm tệp hay thư mục, REMOVE=… gỡ, DRY_RUN=1 xem thử, CONFIRM=1 xác nhận
	@$(APP) -m bot index $(if $(SOURCE),--source "$(SOURCE)") $(if $(REMOVE),--remove "$(REMOVE)") \
		$(if $(DRY_RUN),--dry-run) $(if $(CONFIRM),--confirm)

train: setup ## huấn luyện Rasa
	@$(APP) -m bot train

prepare: setup ## mọi thứ cần để chạy, chỉ làm lại phần đã đổi
	@$(APP) -m bot prepare

run: prepare ## chạy trợ lý; Ctrl-C để dừng
	@$(APP) -m bot run

shell: setup ## trò chuyện thử trong cửa sổ lệnh (cần make run ở cửa sổ khác)
	@$(APP) -m bot shell

check: dev ## định dạng, lỗi thường gặp, kiểu dữ liệu
	@$(APP) -m ruff format --check .
	@$(APP) -m ruff check .
	@$(APP) -m mypy
	@$(APP) -m retrieval lint $(KNOWLEDGE) --register data/instruments.yml --domains data/sources.yml

docs-list: dev ## danh mục tài liệu: tên, số hiệu, hiệu lực, ngày kiểm tra, câu hỏi trả lời được
	@$(APP) -m retrieval list $(KNOWLEDGE)

format: dev ## sửa định dạng
	@$(APP) -m ruff format .
	@$(APP) -m ruff check --fix .

test: dev ## mọi kiểm thử, từ nhanh đến chậm
	@$(APP) -m bot prepare
	@$(APP) -m pytest

learn: dev ## học lại các mô hình nhỏ trong retrieval/learned (cần ngữ liệu)
	@$(APP) -m retrieval.learning all

eval: dev ## đo chất lượng trả lời
	@$(APP) -m bot prepare
	@$(APP) -m tests.benchmarks.quality

bench: dev ## đo tốc độ, bên cạnh một bot Rasa mẫu
	@$(APP) -m bot prepare
	@$(APP) -m tests.benchmarks.speed

knowledge: dev ## đo kho tri thức: đúng tài liệu, đúng ngày, đúng nơi (SETS=… chọn phần)
	@$(APP) -m bot prepare
	@$(APP) -m tests.benchmarks.knowledge $(if $(SETS),--sets $(SETS))

peers: dev ## đo bên cạnh sentence-transformers + FAISS và txtai (cần ngữ liệu)
	@$(APP) -m pip install -q -c requirements/app-constraints.txt -r requirements/peers.txt
	@$(APP) -m tests.benchmarks.peers --share

scale: dev ## đo chỉ mục của mọi thứ Nhà nước công bố (cần ngữ liệu; lần đầu khoảng một giờ; PARTS=… chọn phần)
	@$(APP) -m pip install -q -c requirements/app-constraints.txt -r requirements/peers.txt
	@$(APP) -m bot prepare
	@$(APP) -m tests.benchmarks.scale $(if $(PARTS),--parts $(PARTS))

zalo-sim: setup ## Zalo giả lập trên máy này, để thử khi chưa có tài khoản (ZALO_SIM="--speed 60")
	@$(APP) -m bot.zalo_sim $(ZALO_SIM)

bench-zalo: dev ## đo cửa Zalo: 50 tin một giây, giao lại, tắt đột ngột
	@$(APP) -m tests.benchmarks.zalo

bench-widget: dev ## đo khung chat trên web: độ lớn, lỗi tiếp cận, thời gian mở
	@$(APP) -m bot prepare
	@$(APP) -m tests.benchmarks.widget

screens: dev ## chụp lại các ảnh trong docs/screens
	@$(APP) -m bot prepare
	@$(APP) -m tests.benchmarks.screens

clean: ## xóa mô hình và chỉ mục đã tạo (giữ .venv)
	@rm -rf models results
