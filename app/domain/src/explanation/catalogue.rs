//! What is known: an entry a line, as `key: where it is shown [codes] [words] who mends it, whether to try again`.

use super::{Again, Entry, Source};
use crate::channel_code::Mender;

macro_rules! entries {
    ($($key:ident: $source:ident [$($code:literal),*] [$($words:literal),*] $mender:ident, $again:ident;)*) => {
        /// Every entry. Where several bear one code, the general one stands first.
        pub(super) const ENTRIES: &[Entry] = &[$(Entry {
            key: stringify!($key),
            source: Source::$source,
            codes: &[$($code),*],
            words: &[$($words),*],
            mender: Mender::$mender,
            again: Again::$again,
        }),*];
    };
}

entries! {
    // Card terminals: the two figures of the UnionPay network, and what an acquirer writes behind them (seed 001, 2 and 3).
    pos_01: CardTerminal ["01", "02"] ["请联系发卡行", "请持卡人与发卡行联系", "请持卡人与发卡银行联系"] Payer, Mended;
    pos_03: CardTerminal ["03"] ["无效商户"] Administrator, Mended;
    pos_03_contactless: CardTerminal ["03"] ["挥卡报03", "双免"] Administrator, Mended;
    pos_04: CardTerminal ["04", "07", "34", "35", "36", "37", "41", "43"] ["没收卡", "此卡已挂失", "此卡被没收"] Payer, No;
    pos_05: CardTerminal ["05"] ["不承兑", "持卡人认证失败"] Payer, Mended;
    pos_12: CardTerminal ["12"] ["无效交易"] Administrator, Mended;
    pos_13: CardTerminal ["13"] ["无效金额"] Nobody, Yes;
    pos_14: CardTerminal ["14", "15", "42"] ["无效卡号", "卡号无效", "此卡无对应发卡方"] Payer, Mended;
    pos_22: CardTerminal ["22"] ["操作有误", "超出交易允许天数"] Nobody, Checked;
    pos_25: CardTerminal ["25"] ["没有原交易", "无原始交易", "没有原始交易", "未找到原交易"] Nobody, Mended;
    pos_30: CardTerminal ["30"] ["报文格式错误", "格式错误"] Administrator, Mended;
    pos_38: CardTerminal ["38", "75"] ["密码错误次数超限", "密码输入次数超限"] Payer, No;
    pos_40: CardTerminal ["40", "57"] ["不允许持卡人进行的交易", "不支持的交易类型"] Payer, Mended;
    pos_45: CardTerminal ["45"] ["不允许降级交易", "请使用芯片"] Nobody, Yes;
    pos_51: CardTerminal ["51"] ["余额不足", "可用余额不足"] Payer, Yes;
    pos_54: CardTerminal ["54", "33"] ["过期的卡", "卡已过期"] Payer, No;
    pos_55: CardTerminal ["55"] ["密码错", "密码不正确"] Payer, Yes;
    pos_58: CardTerminal ["58"] ["不允许终端进行的交易", "终端不允许"] Administrator, Mended;
    pos_61: CardTerminal ["61"] ["交易金额超限", "金额超限", "超出金额限制"] Payer, Mended;
    pos_62: CardTerminal ["62"] ["受限制的卡"] Payer, No;
    pos_64: CardTerminal ["64"] ["原始金额错误", "与原交易金额不符"] Nobody, Mended;
    pos_65: CardTerminal ["65"] ["超出取款次数限制", "消费次数超限"] Payer, Mended;
    pos_68: CardTerminal ["68", "98"] ["交易超时", "银行收不到发卡方应答", "未收到应答", "发卡方超时"] Time, Checked;
    pos_90: CardTerminal ["90", "91", "92"] ["发卡方状态不正常", "日期切换", "发卡方线路异常", "发卡行系统异常"] Time, Checked;
    pos_93: CardTerminal ["93"] ["终端不符合规范", "违法的交易"] Administrator, Mended;
    pos_94: CardTerminal ["94"] ["重复交易"] Nobody, Checked;
    pos_95: CardTerminal ["95"] [] Administrator, Mended;
    pos_95_category: CardTerminal ["95"] ["报备失败参数有误", "商户报备失败"] Administrator, Mended;
    pos_95_contactless: CardTerminal ["95"] ["此商户不支持双免", "不支持双免"] Administrator, Mended;
    pos_95_english: CardTerminal ["95"] ["英文名不能为空", "英文名称不能为空"] Administrator, Mended;
    pos_95_order_silent: CardTerminal ["95"] ["请求商户异常", "返回为空"] Administrator, Checked;
    pos_95_signature: CardTerminal ["95"] ["验签失败"] Administrator, Mended;
    pos_95_order: CardTerminal ["95", "3000001", "3000002"] ["非法订单号", "系统故障"] Administrator, Mended;
    pos_95_unwilling: CardTerminal ["95"] ["商户未确认开户意愿", "未确认开户意愿"] Administrator, Mended;
    pos_96: CardTerminal ["96"] ["系统故障", "交换中心异常", "系统异常，请稍后"] Time, Checked;
    pos_96_merchant: CardTerminal ["96"] ["该商户不允许交易", "商户不允许交易"] Administrator, Mended;
    pos_97: CardTerminal ["97"] ["终端未登记", "终端号未登记", "终端未在中心"] Administrator, Mended;
    pos_99: CardTerminal ["99", "A7"] ["PIN格式错", "PIN格式错误", "密钥同步错"] Administrator, Mended;
    pos_mac: CardTerminal ["A0"] ["MAC校验错"] Administrator, Checked;
    pos_order_query: CardTerminal [] ["请确认商户信息是否报备", "查询失败"] Administrator, Mended;
    pos_merchant_differs: CardTerminal [] ["商户返回商户号不一致", "返回商户号不一致"] Administrator, Mended;
    pos_no_parameters: CardTerminal [] ["无法获取对接参数"] Administrator, Mended;
    // An acquirer's interface, registration and statements (seed 001, 1, 5, 7, 8).
    no_sharing: Acquirer [] ["不允许提交商户", "api角色权限不足", "角色权限不足"] Administrator, Mended;
    not_enabled: Acquirer [] ["未开通产品", "未开通此产品", "产品状态不在可用范围", "合作机构未开通代码"] Administrator, Mended;
    no_address: Acquirer [] ["异常参数[\"addres", "输入参数非法"] Administrator, Mended;
    no_service_phone: Acquirer [] ["客服电话不能为空"] Administrator, Mended;
    frozen: Acquirer [] ["商户对接权限已冻结", "对接权限已冻结"] Administrator, Mended;
    no_agreement: Acquirer [] ["协议不存在"] Payer, Mended;
    not_signed: Acquirer [] ["不允许进行的交易"] Administrator, Mended;
    no_refunds: Acquirer [] ["不允许进行退货处理", "不允许退货"] Administrator, Mended;
    signature: Acquirer [] ["sign验证失败", "签名验证失败", "签名错误"] Administrator, Mended;
    trade_abnormal: Acquirer [] ["该笔交易异常", "交易异常，请稍后重试"] Time, Checked;
    withdrawal_risk: Acquirer [] ["提现受理失败", "输入的信息存在风险"] Administrator, No;
    merchant_risk: Acquirer [] ["存在金融风险", "高危商户", "禁止该商户入网"] Administrator, No;
    three_elements: Acquirer [] ["三要素", "要素验证不通过"] Administrator, Mended;
    too_many_merchants: Acquirer [] ["法人证件号已入网", "证件号已入网"] Administrator, Mended;
    statement_pending: Acquirer [] ["对账报表导出失败", "对账单还在生成中"] Time, Mended;
    // WeChat Pay's sentences without a code of its own (seed 001, 4 and 5).
    wechat_banned: WeChatPay [] ["暂不能接入微信支付", "该公司因违规"] Administrator, Mended;
    wechat_protected: WeChatPay [] ["涉及协议保护", "协议保护"] Administrator, No;
    wechat_sub_appid: WeChatPay [] ["缺少必要字段sub_appid", "sub_appid"] Administrator, Mended;
    wechat_subappid_type: WeChatPay [] ["subappid账号类型不支持", "账号类型不支持"] Administrator, Mended;
    wechat_appid_api: WeChatPay [] ["暂不支持在API中提交关联", "暂不支持在api中提交"] Administrator, Mended;
    wechat_subject_differs: WeChatPay [] ["认证主体与商户名称不一致", "主体与商户名称不一致"] Administrator, Mended;
    wechat_not_contact: WeChatPay [] ["商户不是申请单联系人", "不是申请单联系人"] Administrator, Mended;
    wechat_wrong_kind: WeChatPay [] ["商户性质不对", "修改主体类型"] Administrator, Mended;
    wechat_no_sub_merchant: WeChatPay [] ["没有找到微信支付子商户号", "没有找到子商户号"] Administrator, Mended;
    wechat_shipping_order: WeChatPay [] ["支付订单不存在"] Administrator, Mended;
    wechat_order_missing: WeChatPay [] ["订单不存在"] Nobody, Checked;
    wechat_pay_sign: WeChatPay [] ["支付验证签名失败", "支付签名验证失败"] Administrator, Mended;
    wechat_balance: WeChatPay [] ["基本账户余额不足"] Administrator, Mended;
    // Alipay: public and business codes of its gateway, without their prefix where they have one of `ACQ.`.
    alipay_seller_risk: Alipay [] ["商户收款存在异常", "暂时无法使用支付宝向该商户付款", "请中断本次操作"] Administrator, Mended;
    alipay_overseas: Alipay [] ["海外版的支付宝无法受理", "境外版支付宝"] Nobody, Mended;
    alipay_closed: Alipay ["TRADE_CLOSED", "TRADE_HAS_CLOSE"] [] Payer, Yes;
    alipay_paid: Alipay ["TRADE_HAS_SUCCESS", "TRADE_SUCCESS", "TRADE_FINISHED"] [] Nobody, No;
    alipay_waiting: Alipay ["WAIT_BUYER_PAY", "INPROCESS", "ORDER_SUCCESS_PAY_INPROCESS"] [] Time, Checked;
    alipay_system: Alipay ["ACQ.SYSTEM_ERROR", "ISP.UNKNOW-ERROR", "AOP.UNKNOW-ERROR", "20000"] [] Time, Checked;
    alipay_missing: Alipay ["TRADE_NOT_EXIST"] ["交易不存在"] Nobody, Checked;
    alipay_state: Alipay ["TRADE_STATUS_ERROR"] ["交易状态不合法"] Nobody, Checked;
    alipay_parameter: Alipay ["INVALID_PARAMETER", "40002", "ISV.INVALID-PARAMETER", "40001", "ISV.MISSING-PARAMETER"] [] Administrator, Mended;
    alipay_signature: Alipay ["ISV.INVALID-SIGNATURE", "ISV.MISSING-SIGNATURE"] [] Administrator, Mended;
    alipay_rights: Alipay ["ACCESS_FORBIDDEN", "ISV.INSUFFICIENT-ISV-PERMISSIONS", "40006", "PRODUCT_AMOUNT_LIMIT_ERROR"] [] Administrator, Mended;
    alipay_words: Alipay ["EXIST_FORBIDDEN_WORD"] [] Administrator, Mended;
    alipay_total_exceeds: Alipay ["TOTAL_FEE_EXCEED"] [] Nobody, Yes;
    alipay_auth_code: Alipay ["PAYMENT_AUTH_CODE_INVALID", "SOUNDWAVE_PARSER_FAIL"] ["付款码无效"] Payer, Yes;
    alipay_repeat: Alipay ["CONTEXT_INCONSISTENT", "DISCORDANT_REPEAT_REQUEST"] [] Administrator, Checked;
    alipay_buyer_differs: Alipay ["TRADE_BUYER_NOT_MATCH"] ["交易买家不匹配"] Nobody, Checked;
    alipay_balance: Alipay ["BUYER_BALANCE_NOT_ENOUGH", "BUYER_BANKCARD_BALANCE_NOT_ENOUGH", "ERROR_BALANCE_PAYMENT_DISABLE", "NO_PAYMENT_INSTRUMENTS_AVAILABLE"] [] Payer, Yes;
    alipay_same: Alipay ["BUYER_SELLER_EQUAL"] [] Payer, No;
    alipay_buyer_blocked: Alipay ["BUYER_ENABLE_STATUS_FORBID", "PAYMENT_FAIL", "ERROR_BUYER_CERTIFY_LEVEL_LIMIT"] [] Payer, Yes;
    alipay_buyer_limit: Alipay ["BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", "BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR"] [] Payer, Yes;
    alipay_seller_limit: Alipay ["BEYOND_PAY_RESTRICTION", "BEYOND_PER_RECEIPT_RESTRICTION"] ["商户收款额度超限", "商户收款金额超过月限额"] Administrator, Mended;
    alipay_risk: Alipay ["PAYMENT_REQUEST_HAS_RISK", "SECURITY_CHECK_FAILED"] [] Payer, Mended;
    alipay_refund_balance: Alipay ["SELLER_BALANCE_NOT_ENOUGH"] ["卖家余额不足"] Administrator, Mended;
    alipay_refund_amount: Alipay ["REFUND_AMT_NOT_EQUAL_TOTAL", "REFUND_FEE_ERROR", "REASON_TRADE_REFUND_FEE_ERR"] ["退款金额超限"] Nobody, Mended;
    alipay_frozen: Alipay ["REASON_TRADE_BEEN_FREEZEN"] [] Administrator, Mended;
    // Signing in (seed 001, 9.12).
    locked_out: Acquirer [] ["登录密码输入错误5次", "用户被冻结"] Time, Mended;
}
