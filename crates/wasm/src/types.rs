//! TypeScript types that the generated declarations refer to.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const IMPORTS: &str = r#"import type {StorageInterface} from "../src/storage/interface.js";
import type {
    GroupChildrenListItem,
    GroupInviteListItem,
    GroupInformation,
    GroupJoinReqListItem,
    GroupList,
    GroupPublicKeyData,
    GroupUserListItem,
    UserDeviceList,
    UserPublicKeyData,
} from "../src/types.js";
"#;
